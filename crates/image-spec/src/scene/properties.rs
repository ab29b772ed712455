//! What holds for every specification, also for nonsense.

use super::{Scene, check};
use crate::{
    Engine, Fleet, Gpu, Image, Model, PipRequirement, PythonSource, Recipe, Spec, Stack, Usage,
    Visibility, spec::version_range,
};
use cuda_compat::{Framework, base_images, distributions, framework_builds};
use proptest::{option, prelude::*, sample::select};
use std::collections::BTreeMap;

fn owned(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

fn stack() -> impl Strategy<Value = Stack> {
    let mut cuda: Vec<String> = base_images().iter().map(|row| row.cuda.to_string()).collect();
    cuda.extend(owned(&["9.9", "99.0", "12.7", "12.6", "13.0", "0.0.0"]));
    let mut os: Vec<String> = distributions().iter().map(|row| row.id()).collect();
    os.extend(owned(&["ubi9", "ubuntu99.04", "", "ubuntu", "::"]));
    let python = owned(&["3.6", "3.8", "3.9", "3.10", "3.11", "3.12", "3.13.1", "4.0"]);
    let cudnn = owned(&["8", "9", "9.10.2", "9.12", "7.0", "99.9.9.9"]);
    (
        option::of(select(cuda)),
        option::of(select(cudnn)),
        option::of(select(python)),
        option::of(select(os)),
    )
        .prop_map(|(cuda, cudnn, python, os)| Stack {
            cuda: cuda.map(|text| text.parse().unwrap()),
            cudnn: cudnn.map(|text| text.parse().unwrap()),
            python: python.map(|text| text.parse().unwrap()),
            os,
        })
}

fn fleet() -> impl Strategy<Value = Fleet> {
    let drivers =
        owned(&["418.39", "450.80.02", "470.256.02", "525.60.13", "560.35.03", "572.83", "999.9"]);
    let gpus = owned(&["3.5", "6.1", "7.0", "7.5", "8.0", "8.9", "9.0", "12.0", "0.0"]);
    let gpu = (select(gpus), option::of(any::<bool>())).prop_map(|(capability, data_center)| Gpu {
        name: format!("compute capability {capability}"),
        capability: capability.parse().unwrap(),
        data_center,
    });
    (option::of(select(drivers)), any::<bool>(), prop::collection::vec(gpu, 0..3)).prop_map(
        |(driver, windows, gpus)| Fleet {
            platform: driver.as_ref().map(|_| match windows {
                true => cuda_compat::Platform::Windows,
                false => cuda_compat::Platform::Linux,
            }),
            driver: driver.map(|text| text.parse().unwrap()),
            gpus,
        },
    )
}

/// A package of the tables or any other, with a version of the tables or nonsense.
fn requirement() -> impl Strategy<Value = String> {
    let packages: Vec<String> = framework_builds()
        .iter()
        .map(|row| row.package.clone())
        .chain(owned(&[
            "cupy",
            "numpy",
            "cudf-cu11",
            "jax",
            "numba-cuda[cu11]",
            "pytest",
            "jaxlib",
        ]))
        .collect();
    let versions: Vec<String> = framework_builds()
        .iter()
        .flat_map(|row| row.versions.iter().map(|version| format!("=={version}")))
        .chain(owned(&[
            "",
            ">=2",
            "<2",
            "==2.*",
            "!=2.8.0",
            "~=2.7",
            "==0",
            ">=9999",
            "==2.7.1+cu118",
        ]))
        .collect();
    (select(packages), select(versions))
        .prop_map(|(package, version)| format!("{package}{version}"))
}

fn image() -> impl Strategy<Value = Image> {
    let base = owned(&[
        "base",
        "runtime",
        "devel",
        "busybox",
        "nvidia/cuda:11.8.0-devel-ubuntu20.04",
        "scratch",
        "::",
        "nvidia/cuda",
    ]);
    let apt =
        owned(&["git", "python3.11", "python3.11-pip", "libcudnn9", "cuda-nvcc-12-6", "", "ä"]);
    let source = select(vec![
        PythonSource::Auto,
        PythonSource::Distribution,
        PythonSource::Uv,
        PythonSource::Base,
    ]);
    let usage = select(vec![Usage::Dev, Usage::Test, Usage::Profile, Usage::Prod]);
    let from = owned(&["a", "b", "c", "d"]);
    let parts = (
        option::of(select(base)),
        option::weighted(0.2, select(from)),
        prop::collection::vec(requirement(), 0..5),
        prop::collection::vec(select(apt), 0..4),
        (source, option::of(usage)),
        (any::<bool>(), any::<bool>(), option::of(any::<bool>())),
        (
            select(owned(&["8.9", "9.0", "x"])),
            select(owned(&["10.3", "8", "1.2.3.4.5", "y"])),
            any::<bool>(),
        ),
    );
    parts.prop_map(|(base, from, pip, apt, (python_from, usage), flags, engine)| {
        let (gpu, tensorrt, portable) = engine;
        Image {
            base,
            from,
            pip,
            apt,
            python_from,
            usage,
            nsight: flags.0,
            compiles: flags.1,
            cudnn: flags.2,
            models: vec![Model { path: "m".to_owned(), to: None, sha256: None }],
            engines: vec![Engine {
                path: "m.engine".to_owned(),
                to: None,
                gpu,
                tensorrt,
                portable: crate::Portable { gpus: portable, versions: portable },
                sha256: None,
            }],
            ..Image::default()
        }
    })
}

fn spec() -> impl Strategy<Value = Spec> {
    let ranges = select(owned(&["*", "2.8", ">=2", "25.8", "0", ">=99"]));
    let frameworks = prop::collection::btree_map(select(Framework::ALL.to_vec()), ranges, 0..5);
    let images =
        prop::collection::btree_map(select(owned(&["a", "b", "c", "prod"])), image(), 1..4);
    (stack(), fleet(), frameworks, images, any::<bool>()).prop_map(
        |(stack, fleet, frameworks, images, public)| {
            let mut registry = crate::Registry::default();
            if public {
                registry.visibility = Visibility::Public;
                registry.repository = Some("team/app".to_owned());
                registry.mirror = Some("localhost:5000/hub".to_owned());
            }
            Spec {
                project: crate::Project::default(),
                stack,
                fleet,
                frameworks: frameworks
                    .into_iter()
                    .map(|(framework, range)| (framework, version_range(&range).unwrap()))
                    .collect(),
                registry,
                images,
            }
        },
    )
}

fn judge(spec: &Spec, recipes: &[Recipe]) -> Vec<String> {
    let scene = Scene {
        recipes: recipes.to_vec(),
        spec: Some(spec),
        dockerfile: None,
        requirements: crate::scene::Requirements::default(),
        fleet: spec.fleet.clone(),
        today: "2026-11-24".parse().unwrap(),
    };
    let said = check(&scene).into_iter().map(|problem| {
        let diagnosis = problem.diagnosis();
        let fixes = diagnosis.fixes();
        assert!(!fixes.is_empty(), "{problem:?}");
        format!("{:?} {diagnosis} {fixes:?} {:?}", problem, diagnosis.place())
    });
    said.collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn any_specification_is_judged(spec in spec()) {
        let Ok(recipes) = Recipe::from_spec(&spec, &BTreeMap::new()) else { return Ok(()) };
        prop_assert_eq!(recipes.len(), spec.images.len());
        for (index, recipe) in recipes.iter().enumerate() {
            prop_assert!(recipe.parent.is_none_or(|parent| parent < index));
        }
        let said = judge(&spec, &recipes);
        prop_assert_eq!(&said, &judge(&spec, &recipes));
        let mut once = said.clone();
        once.sort();
        once.dedup();
        prop_assert_eq!(once.len(), said.len(), "something is said twice");
    }

    #[test]
    fn any_two_requirements_are_compared(one in requirement(), other in requirement()) {
        let read = |text: &str| PipRequirement {
            requirement: text.parse().unwrap(),
            index: None,
            hashed: false,
        };
        let (one, other) = (read(&one), read(&other));
        let forth = crate::ranges::exclude_each_other(&one, &other);
        prop_assert_eq!(forth, crate::ranges::exclude_each_other(&other, &one));
        prop_assert!(!crate::ranges::exclude_each_other(&one, &one));
    }
}
