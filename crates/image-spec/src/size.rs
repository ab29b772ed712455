//! What an image costs: by instruction, by package, and what a product could do without.

use crate::{
    Contents,
    contents::{DebianPackage, PythonPackage},
};
use image_layers::{Image, Kind};
use serde::Serialize;
use std::collections::BTreeMap;

mod needless;

pub use needless::Needless;

/// What an image costs. All sizes are in bytes, unpacked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ImageSize {
    /// The files of all layers, also those that a later layer hides.
    pub total: u64,
    /// The layers, the lowest first.
    pub steps: Vec<StepSize>,
    /// The packages, the largest first. Files of no package are in none.
    pub packages: Vec<PackageSize>,
    /// What a product could do without, the largest first. A file counts in one of them only.
    pub needless: Vec<Needless>,
}

/// What an instruction costs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StepSize {
    /// The instruction; `None` where the image does not say.
    pub created_by: Option<String>,
    /// Its files.
    pub size: u64,
    /// Of them, those that a later layer replaces or removes: paid for and not there.
    pub hidden: u64,
}

/// What a package costs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PackageSize {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// `python`, by the sizes of the files in its folder and the list of its files; or `debian`, by its
    /// own word.
    pub kind: &'static str,
    /// Its size.
    pub size: u64,
}

impl ImageSize {
    /// Reads an image whose layers were read with [`Contents::want`].
    pub fn of(image: &Image, contents: &Contents) -> Self {
        let files = image.files();
        let mut seen: Vec<u64> = vec![0; image.layers.len()];
        for (layer, entry) in files.values() {
            if let Some(size) = seen.get_mut(*layer) {
                *size += entry.size;
            }
        }
        let steps: Vec<StepSize> = image
            .steps()
            .iter()
            .zip(&seen)
            .map(|(step, seen)| StepSize {
                created_by: step.created_by.map(instruction),
                size: step.layer.size(),
                hidden: step.layer.size().saturating_sub(*seen),
            })
            .collect();
        let sized: Vec<(&str, u64)> = files
            .iter()
            .filter(|(_, (_, entry))| entry.kind == Kind::File)
            .map(|(path, (_, entry))| (*path, entry.size))
            .collect();
        let mut needless = needless::of(&sized);
        let hidden = steps.iter().map(|step| step.hidden).sum();
        if hidden > 0 {
            needless.push(Needless::hidden(hidden));
        }
        needless.sort_by_key(|one| std::cmp::Reverse(one.size));
        Self {
            total: steps.iter().map(|step| step.size).sum(),
            packages: packages(&sized, contents),
            needless,
            steps,
        }
    }
}

/// The instruction without the builder's own words.
fn instruction(created_by: &str) -> String {
    let text = created_by.trim();
    let text = text.strip_suffix("# buildkit").unwrap_or(text).trim();
    let text = text.strip_prefix("/bin/sh -c #(nop)").map_or(text, str::trim);
    match text.strip_prefix("/bin/sh -c ") {
        Some(command) => format!("RUN {command}"),
        None => text.replacen("RUN /bin/sh -c ", "RUN ", 1),
    }
}

fn packages(files: &[(&str, u64)], contents: &Contents) -> Vec<PackageSize> {
    let debian = contents.debian_packages.iter().map(|package: &DebianPackage| PackageSize {
        name: package.name.clone(),
        version: package.version.clone(),
        kind: "debian",
        size: package.size,
    });
    let mut all: Vec<PackageSize> =
        debian.chain(python(files, &contents.python_packages)).collect();
    all.sort_by(|one, other| other.size.cmp(&one.size).then_with(|| one.name.cmp(&other.name)));
    all
}

/// Python packages, by the folders that they own: a folder below `site-packages` belongs to the package
/// whose name or import name it has. `nvidia/cublas` is a folder of its own.
fn python(files: &[(&str, u64)], packages: &[PythonPackage]) -> Vec<PackageSize> {
    let mut folders: BTreeMap<String, u64> = BTreeMap::new();
    for (path, size) in files {
        let Some((root, rest)) = split_packages(path) else { continue };
        let parts: Vec<&str> = rest.split('/').collect();
        let depth = if parts.first() == Some(&"nvidia") && parts.len() > 2 { 2 } else { 1 };
        let folder = parts.iter().take(depth).copied().collect::<Vec<_>>().join("/");
        *folders.entry(format!("{root}/{folder}")).or_default() += size;
    }
    let mut found = Vec::new();
    for package in packages {
        let Some((root, rest)) = split_packages(&package.path) else { continue };
        let own = rest.split('/').next().unwrap_or_default();
        let word = package.name.replace('-', "_");
        let nvidia = nvidia_folder(&package.name);
        let names =
            [Some(own.to_owned()), Some(word.clone()), Some(format!("{word}.libs")), nvidia];
        let size = names
            .iter()
            .flatten()
            .filter_map(|folder| folders.get(&format!("{root}/{folder}")))
            .sum();
        found.push(PackageSize {
            name: package.name.clone(),
            version: package.version.clone(),
            kind: "python",
            size,
        });
    }
    found
}

/// `nvidia-cublas-cu12` has its files in `nvidia/cublas`.
fn nvidia_folder(package: &str) -> Option<String> {
    let rest = package.strip_prefix("nvidia-")?;
    let rest = rest.rsplit_once("-cu").map_or(rest, |(name, _)| name);
    Some(format!("nvidia/{}", rest.replace('-', "_")))
}

fn split_packages(path: &str) -> Option<(&str, &str)> {
    ["/site-packages/", "/dist-packages/"].iter().find_map(|folder| path.split_once(folder))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contents::example;

    #[test]
    fn counts_steps_packages_and_what_is_hidden() {
        let site = "opt/venv/lib/python3.11/site-packages";
        let metadata = format!("{site}/torch-2.8.0.dist-info/METADATA");
        let cublas = format!("{site}/nvidia_cublas_cu12-12.8.4.1.dist-info/METADATA");
        let image = example::image(&[
            &[
                ("root/.cache/pip/x", &"x".repeat(1000)),
                ("usr/lib/libcudart_static.a", &"x".repeat(500)),
            ],
            &[
                (&metadata, "Name: torch\nVersion: 2.8.0\n"),
                (&format!("{site}/torch/lib/libtorch.so"), &"x".repeat(4000)),
                (&cublas, "Name: nvidia-cublas-cu12\nVersion: 12.8.4.1\n"),
                (&format!("{site}/nvidia/cublas/lib/libcublas.so.12"), &"x".repeat(3000)),
            ],
            &[("root/.cache/.wh.pip", "")],
        ]);
        let contents = Contents::of(&image);
        let size = ImageSize::of(&image, &contents);
        let hidden: Vec<u64> = size.steps.iter().map(|step| step.hidden).collect();
        assert_eq!(hidden, [1000, 0, 0]);
        let packages: Vec<(&str, u64)> =
            size.packages.iter().map(|package| (package.name.as_str(), package.size)).collect();
        assert_eq!(packages, [("torch", 4027), ("nvidia-cublas-cu12", 3043)]);
        let needless: Vec<(&str, u64)> =
            size.needless.iter().map(|one| (one.what, one.size)).collect();
        assert_eq!(needless, [("files that a later layer hides", 1000), ("static libraries", 500)]);
    }

    #[test]
    fn instructions_are_shown_as_written() {
        let check = |written: &str, expected: &str| assert_eq!(instruction(written), expected);
        check("/bin/sh -c #(nop)  CMD [\"a\"]", "CMD [\"a\"]");
        check("/bin/sh -c apt-get update", "RUN apt-get update");
        check("RUN /bin/sh -c pip install x # buildkit", "RUN pip install x");
        check("COPY app /app # buildkit", "COPY app /app");
    }
}
