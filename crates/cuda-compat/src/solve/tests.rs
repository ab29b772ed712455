//! The solver against the plain way, on random rows and random wishes; and answers that are known.

use super::{brute, *};
use crate::{ComputeCapability, Platform};
use pep440_rs::VersionSpecifiers;
use proptest::{prelude::*, sample::subsequence};

fn today() -> jiff::civil::Date {
    "2026-11-24".parse().unwrap()
}

fn range(text: &str) -> VersionSpecifiers {
    text.parse().unwrap()
}

fn some_of<T: Clone + std::fmt::Debug + 'static>(
    all: Vec<T>,
    most: usize,
) -> impl Strategy<Value = Vec<T>> {
    let most = most.min(all.len());
    subsequence(all, 1..=most)
}

/// A few rows of the tables: all that the plain way can look at.
fn tables() -> impl Strategy<Value = Tables> {
    let all = Tables::all();
    let of_framework = |framework: Framework| {
        let builds = all.builds.iter().copied().filter(move |build| build.framework == framework);
        some_of(builds.collect::<Vec<_>>(), 4)
    };
    let builds: Vec<_> = Framework::ALL.into_iter().map(of_framework).collect();
    (builds, some_of(all.bases.clone(), 6))
        .prop_map(|(builds, bases)| Tables { builds: builds.concat(), bases })
        .prop_filter("all images were deleted", |tables| {
            tables.bases.iter().any(|base| base.state != crate::TagState::Deleted)
        })
}

fn framework_wish() -> impl Strategy<Value = FrameworkWish> {
    let all: Vec<(Framework, Version)> = framework_builds()
        .iter()
        .flat_map(|build| build.versions.iter().map(|version| (build.framework, version.clone())))
        .collect();
    let operators = prop::sample::select(vec![">=", "<=", "==", "<", ">", "any"]);
    (prop::sample::select(all), operators).prop_map(|((framework, version), operator)| {
        let text = match operator {
            "any" => String::new(),
            operator => format!("{operator}{version}"),
        };
        FrameworkWish::new(framework, range(&text))
    })
}

fn wishes() -> impl Strategy<Value = Wishes> {
    let maybe = |texts: &[&str]| {
        let texts: Vec<String> = texts.iter().map(|text| (*text).to_owned()).collect();
        prop::option::of(prop::sample::select(texts))
    };
    let python =
        maybe(&["==3.8.*", "==3.10.*", "==3.11.*", ">=3.12", "<3.10", ">=3.9.7", "==3.13.2"]);
    let cuda = maybe(&["==11.8.*", "==12.*", "==12.6.3", ">=12.8", "<12", "==13.0.*", "==12.7.*"]);
    let cudnn = maybe(&["8", "9", "9.10", "8.9.6"]);
    let capability =
        prop::sample::select(vec!["6.1", "7.0", "7.5", "8.6", "8.9", "9.0", "10.0", "12.0"]);
    let gpus = prop::collection::vec((capability, prop::option::of(any::<bool>())), 0..3);
    let driver = maybe(&[
        "450.80.02",
        "470.256.02",
        "510.47.03",
        "525.60.13",
        "535.183.01",
        "550.54.15",
        "570.26",
        "580.65.06",
        "610.43.02",
    ]);
    let os = maybe(&["ubuntu18.04", "ubuntu20.04", "ubuntu22.04", "ubuntu24.04", "debian12"]);
    let flavour = prop::option::of(prop::sample::select(Flavour::ALL.to_vec()));
    let frameworks = prop::collection::vec(framework_wish(), 0..4);
    let windows = prop::bool::weighted(0.2);
    (frameworks, python, cuda, cudnn, gpus, (driver, windows), os, flavour).prop_map(
        |(frameworks, python, cuda, cudnn, gpus, (driver, windows), os, flavour)| Wishes {
            frameworks,
            python: python.map(|text| range(&text)),
            cuda: cuda.map(|text| range(&text)),
            cudnn: cudnn.map(|text| text.parse().unwrap()),
            gpus: gpus
                .into_iter()
                .map(|(capability, data_center)| GpuCapability {
                    name: format!("compute capability {capability}"),
                    capability: capability.parse::<ComputeCapability>().unwrap(),
                    data_center,
                })
                .collect(),
            driver: driver.map(|version| DriverWish {
                version: version.parse().unwrap(),
                platform: if windows { Platform::Windows } else { Platform::Linux },
            }),
            os,
            flavour,
            today: today(),
        },
    )
}

fn as_set(fit: &Fit) -> brute::Set {
    let picks = fit.frameworks.iter();
    brute::Set {
        base: fit.base,
        python: fit.python,
        picks: picks.map(|it| (it.framework, it.version.clone(), it.build)).collect(),
    }
}

/// Whether the plain way finds something for some of the wishes.
fn fits_without(tables: &Tables, wishes: &Wishes, kept: &[Wish]) -> bool {
    let mut some = Wishes::on(wishes.today);
    // Without the wish for support every distribution is allowed: one of them has to fit.
    let mut any_os = true;
    for wish in kept.iter().cloned() {
        match wish {
            Wish::Framework(wish) => some.frameworks.push(wish),
            Wish::Python(range) => some.python = Some(range),
            Wish::Cuda(range) => some.cuda = Some(range),
            Wish::Cudnn(cudnn) => some.cudnn = Some(cudnn),
            Wish::Gpu(gpu) => some.gpus.push(gpu),
            Wish::Driver(driver) => some.driver = Some(driver),
            Wish::Flavour(flavour) => some.flavour = Some(flavour),
            Wish::SupportedOs(_) => any_os = false,
            Wish::Os(os) => {
                some.os = Some(os);
                any_os = false;
            }
        }
    }
    if !any_os {
        return !brute::all(tables, &some).is_empty();
    }
    tables.bases.iter().any(|base| {
        let on = Wishes { os: Some(base.os.clone()), ..some.clone() };
        !brute::all(tables, &on).is_empty()
    })
}

fn check(tables: &Tables, wishes: &Wishes) -> Result<(), TestCaseError> {
    let all = brute::all(tables, wishes);
    let best = all.iter().map(|set| brute::merit(set, wishes)).max();
    match solve_with(tables, wishes) {
        Answer::Fits(fit) => {
            let set = as_set(&fit);
            prop_assert!(all.contains(&set), "does not fit: {fit:?}");
            prop_assert_eq!(Some(brute::merit(&set, wishes)), best);
            prop_assert!(fit.base.has(&fit.tag), "{} is no tag", fit.tag);
            prop_assert!(wishes.flavour.is_none_or(|flavour| fit.flavour() >= flavour));
        }
        Answer::Contradiction(found) => {
            prop_assert!(all.is_empty(), "{all:?} fits, and the solver says {found:?}");
            contradicts(tables, wishes, &found)?;
        }
    }
    Ok(())
}

fn contradicts(
    tables: &Tables,
    wishes: &Wishes,
    found: &Contradiction,
) -> Result<(), TestCaseError> {
    let members: Vec<Wish> = found.clashes.iter().map(|clash| clash.wish.clone()).collect();
    // GPUs decide which drivers an image accepts, so they have to be seen together.
    let data_center = wishes.only_data_center();
    if data_center && members.iter().any(|wish| matches!(wish, Wish::Driver(_))) {
        return Ok(());
    }
    prop_assert!(!fits_without(tables, wishes, &members), "no contradiction: {members:?}");
    for left_out in 0..members.len() {
        let mut kept = members.clone();
        let without = kept.remove(left_out);
        prop_assert!(fits_without(tables, wishes, &kept), "{without} is not needed: {members:?}");
    }
    for change in &found.changes {
        let set = as_set(&change.fit);
        let all = brute::all(tables, &change.wishes);
        prop_assert!(all.contains(&set), "{:?} does not help", change.steps);
        prop_assert!(!change.steps.is_empty());
    }
    prop_assert!(!found.changes.is_empty(), "no way out of {members:?}");
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn agrees_with_the_plain_way(tables in tables(), wishes in wishes()) {
        check(&tables, &wishes)?;
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]

    #[test]
    fn agrees_on_all_rows_for_one_framework(
        wish in framework_wish(),
        wishes in wishes(),
    ) {
        let wishes = Wishes { frameworks: vec![wish], ..wishes };
        check(&Tables::all(), &wishes)?;
    }
}

#[test]
fn the_tables_fit_into_the_sets_of_the_search() {
    let tables = Tables::all();
    assert!(tables.bases.len() <= set::Set::MOST);
    for framework in Framework::ALL {
        let builds = tables.builds.iter().filter(|build| build.framework == framework);
        let releases: usize = builds.map(|build| build.versions.len()).sum();
        assert!(releases <= set::Set::MOST, "{framework} has {releases} releases");
    }
}

/// The answer in one line, or the wishes that exclude each other and the first change.
fn answer(words: &str) -> String {
    let mut wishes = Wishes::on(today());
    for word in words.split_whitespace() {
        match word.split_once('=').filter(|(name, _)| name.chars().all(char::is_alphabetic)) {
            Some(("python", text)) => wishes.python = Some(range(&format!("=={text}.*"))),
            Some(("cuda", text)) => wishes.cuda = Some(range(&format!("=={text}.*"))),
            Some(("cudnn", text)) => wishes.cudnn = Some(text.parse().unwrap()),
            Some(("os", text)) => wishes.os = Some(text.to_owned()),
            Some(("flavour", text)) => wishes.flavour = Some(text.parse().unwrap()),
            Some(("gpu", text)) => wishes.gpus.push(GpuCapability {
                name: "GPU".to_owned(),
                capability: text.parse().unwrap(),
                data_center: None,
            }),
            Some(("driver", text)) => {
                let version = text.parse().unwrap();
                wishes.driver = Some(DriverWish { version, platform: Platform::Linux });
            }
            _ => {
                let end = word.find(['=', '<', '>']).unwrap_or(word.len());
                let (name, allowed) = word.split_at(end);
                wishes.frameworks.push(FrameworkWish::new(name.parse().unwrap(), range(allowed)));
            }
        }
    }
    match solve(&wishes) {
        Answer::Fits(fit) => {
            let chosen = fit.frameworks.iter();
            let chosen = chosen.map(|it| format!(" {}=={}", it.build.package, it.version));
            format!("{} {}{}", fit.tag, fit.python, chosen.collect::<String>())
        }
        Answer::Contradiction(found) => {
            let clashes: Vec<String> =
                found.clashes.iter().map(|clash| clash.wish.to_string()).collect();
            let steps = found.changes.first().map(|change| {
                change.steps.iter().map(ToString::to_string).collect::<Vec<_>>().join(" and ")
            });
            format!("not {}: {}", clashes.join(" with "), steps.unwrap_or_default())
        }
    }
}

#[test]
fn finds_what_is_known_to_fit() {
    let check = |words: &str, expected: &str| assert_eq!(answer(words), expected, "{words}");
    check("torch==2.8.0 cuda=12.8", "12.8.1-base-ubuntu24.04 3.13 torch==2.8.0");
    // Resolved with uv as well: one CUDA 12 stack.
    check(
        "torch==2.8.0 tensorflow==2.20.0 cuda=12.8 python=3.11",
        "12.8.1-base-ubuntu24.04 3.11 torch==2.8.0 tensorflow[and-cuda]==2.20.0",
    );
    // The extra of 2.14 pins a TensorRT that has no wheel for Python 3.11.
    check(
        "tensorflow==2.14.1 python=3.11",
        "11.8.0-cudnn8-runtime-ubuntu22.04 3.11 tensorflow==2.14.1",
    );
    check("cuda=12.6 flavour=devel os=ubuntu22.04 python=3.10", "12.6.3-devel-ubuntu22.04 3.10");
    check("torch==2.7.1 driver=470.256.02", "11.8.0-base-ubuntu22.04 3.13 torch==2.7.1");
}

#[test]
fn says_what_is_known_not_to_fit() {
    let check = |words: &str, expected: &str| assert_eq!(answer(words), expected, "{words}");
    check(
        "torch==2.6.0 tensorflow==2.18.1 python=3.11",
        "not torch==2.6.0 with tensorflow==2.18.1: tensorflow 2.20.0 instead of `==2.18.1`",
    );
    check(
        "tensorflow==2.14.1 python=3.12",
        "not tensorflow==2.14.1 with Python 3.12: Python 3.11 instead of 3.12",
    );
    check(
        "cuda=12.6 gpu=12.0",
        "not CUDA 12.6 with GPU (compute capability 12.0): CUDA 12.8.1 instead of 12.6",
    );
    check("jax cuda=11.8", "not jax with CUDA 11.8: CUDA 12.0.1 instead of 11.8");
    check(
        "gpu=12.0 driver=535.183.01",
        "not GPU (compute capability 12.0) with driver 535.183.01: driver 570.0 or newer instead of \
         535.183.01",
    );
    check("cuda=12.7", "not CUDA 12.7: CUDA 12.8.1 instead of 12.7");
    check("torch>=99", "not torch>=99: torch 2.15.0 instead of `>=99`");
    check(
        "torch>=2.15 driver=550.54.15",
        "not torch>=2.15 with driver 550.54.15: torch 2.14.0 instead of `>=2.15`",
    );
    check(
        "cuda=11.8 driver=515.105.01",
        "not CUDA 11.8 with driver 515.105.01: CUDA 11.7.1 instead of 11.8",
    );
}
