//! Holds `DISAGREEMENTS.md` to the tables: what it calls ours is what they answer.

use crate::*;
use pep440_rs::Version;

fn list<T: ToString>(values: impl IntoIterator<Item = T>) -> String {
    values.into_iter().map(|value| value.to_string()).collect::<Vec<_>>().join(", ")
}

fn version(text: &str) -> Version {
    text.parse().unwrap()
}

/// The row of a package on an index that has the release.
fn build(package: &str, index: Option<&str>, release: &str) -> &'static FrameworkBuild {
    let rows = framework_builds().iter().filter(|row| row.package == package);
    let mut rows = rows.filter(|row| row.index.as_deref() == index);
    rows.find(|row| row.versions.contains(&version(release))).unwrap()
}

fn torch_cuda(release: &str) -> String {
    let mut all: Vec<CudaVersion> =
        builds_of(Framework::Torch, &version(release)).map(|row| row.cuda_first).collect();
    all.sort_unstable();
    all.dedup();
    list(all)
}

fn first_torch_with(capability: &str) -> String {
    let capability: ComputeCapability = capability.parse().unwrap();
    let rows = framework_builds().iter().filter(|row| row.framework == Framework::Torch);
    let with = rows.filter(|row| row.capabilities.contains(&capability));
    let first = with.map(|row| (&row.versions[0], row.cuda_first)).min().unwrap();
    format!("{} with CUDA {}", first.0, first.1)
}

fn torch_for(lines: &[&str]) -> String {
    let rows = framework_builds().iter().filter(|row| row.framework == Framework::Torch);
    let found = rows.filter(|row| lines.contains(&row.cuda_first.to_string().as_str()));
    let found = list(found.flat_map(|row| &row.versions));
    if found.is_empty() { "none".to_owned() } else { found }
}

fn drivers(cuda: &str) -> String {
    let least = least_driver(cuda.parse().unwrap(), Platform::Linux).unwrap();
    let exact = least.exact.unwrap();
    format!("{} by minor-version compatibility, {exact} for all of it", least.minor_compatible)
}

fn ours(number: usize) -> String {
    match number {
        1 => list(&build("torch", None, "1.13.1").pythons),
        2 => list(&build("torch", None, "2.3.1").pythons),
        3 => torch_cuda("2.9.1"),
        4 => torch_cuda("2.11.0"),
        5 => torch_cuda("2.12.0"),
        6 => torch_cuda("2.13.0"),
        7 => first_torch_with("9.0"),
        8 => list(&build("torch", Some("cu126"), "2.11.0").capabilities),
        9 => torch_for(&["12.0", "12.2", "12.3", "12.5"]),
        10 => drivers("12.8"),
        11 => {
            let asks = require_cuda("12.8.0".parse().unwrap()).unwrap();
            let starts = asks.accepts("525.60.13".parse().unwrap(), true);
            if starts { "yes" } else { "no" }.to_owned()
        }
        12 => list(&build("tensorflow[and-cuda]", None, "2.14.1").pythons),
        13 => build("tensorflow[and-cuda]", None, "2.18.1").cuda_last.to_string(),
        14 => {
            let cuda = "12.4.1".parse().unwrap();
            format!("`{}`", tag_for(cuda, true, Flavour::Devel, "ubuntu22.04").unwrap())
        }
        15 => match look_up_tag(&"12.1.0-base-ubuntu22.04".parse().unwrap()) {
            TagAnswer::Real(row) if row.state == TagState::Published => "published".to_owned(),
            other => format!("{other:?}"),
        },
        16 => {
            let glibc = build("cudf-cu12", None, "25.12.0").glibc.unwrap();
            format!("{}.{}", glibc.0, glibc.1)
        }
        17 => architecture(ComputeCapability::new(8, 6)).unwrap().since.to_string(),
        _ => panic!("no such row"),
    }
}

#[test]
fn what_it_calls_ours_is_what_the_tables_say() {
    let text = include_str!("../DISAGREEMENTS.md");
    let rows: Vec<Vec<&str>> = text
        .lines()
        .filter(|line| line.starts_with("| ") && !line.starts_with("| no") && !line.contains("---"))
        .map(|line| line.trim_matches('|').split(" | ").map(str::trim).collect())
        .collect();
    assert_eq!(rows.len(), 17);
    for (index, cells) in rows.iter().enumerate() {
        assert_eq!(cells.len(), 6, "{cells:?}");
        assert!(cells.iter().all(|cell| !cell.is_empty()), "{cells:?}");
        assert_eq!(cells[0], (index + 1).to_string());
        assert_eq!(cells[3], ours(index + 1), "row {}", cells[0]);
    }
}
