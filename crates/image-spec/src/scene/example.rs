//! Small scenes for the tests of the checks.

use super::*;
use crate::{Image, Project, Registry, RequirementsFile, Stack, version_range};
use serde::Deserialize;
use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

/// A fleet of RTX 4060 under WSL and H200, on driver 572.83 and newer.
pub(crate) fn fleet() -> Fleet {
    let gpu = |name: &str, capability: &str, data_center| Gpu {
        name: name.to_owned(),
        capability: capability.parse().unwrap(),
        data_center: Some(data_center),
    };
    Fleet {
        driver: Some("570.124.06".parse().unwrap()),
        platform: Some(Platform::Linux),
        gpus: vec![gpu("RTX 4060", "8.9", false), gpu("H200", "9.0", true)],
    }
}

/// What `find` finds in a Dockerfile with this text, for [`fleet`].
pub(crate) fn dockerfile<T>(text: &str, find: fn(&Scene<'_>) -> Vec<T>) -> Vec<T> {
    dockerfile_for(text, fleet(), find)
}

/// What `find` finds in a Dockerfile with this text, for that fleet.
pub(crate) fn dockerfile_for<T>(
    text: &str,
    fleet: Fleet,
    find: fn(&Scene<'_>) -> Vec<T>,
) -> Vec<T> {
    let file = Dockerfile::parse(Path::new("Dockerfile"), text.as_bytes()).unwrap();
    find(&Scene {
        recipes: Recipe::from_dockerfile(&file),
        spec: None,
        dockerfile: Some(&file),
        requirements: Requirements::default(),
        fleet,
        today: "2026-11-24".parse().unwrap(),
    })
}

/// The sections of a config that images depend on.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Sections {
    project: BTreeMap<String, String>,
    cuda: Cuda,
    frameworks: BTreeMap<String, String>,
    registry: Registry,
    image: BTreeMap<String, Image>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Cuda {
    version: Option<String>,
    cudnn: Option<String>,
    python: Option<String>,
    os: Option<String>,
    driver: Option<String>,
    gpus: Vec<String>,
}

/// The specification in the sections of a config; a driver of two parts is one of Windows.
pub(crate) fn read(text: &str) -> Spec {
    let sections: Sections = toml::from_str(text).unwrap();
    let Cuda { version, cudnn, python, os, driver, gpus } = sections.cuda;
    let platform = driver.as_ref().map(|driver| match driver.matches('.').count() {
        1 => Platform::Windows,
        _ => Platform::Linux,
    });
    let range =
        |(name, text): (String, String)| (name.parse().unwrap(), version_range(&text).unwrap());
    Spec {
        project: Project {
            name: sections.project.get("name").cloned(),
            version: sections.project.get("version").cloned(),
        },
        stack: Stack {
            cuda: version.map(|text| text.parse().unwrap()),
            cudnn: cudnn.map(|text| text.parse().unwrap()),
            python: python.map(|text| text.parse().unwrap()),
            os,
        },
        fleet: Fleet {
            driver: driver.map(|text| text.parse().unwrap()),
            platform,
            gpus: gpus.iter().map(|name| gpu(name)).collect(),
        },
        frameworks: sections.frameworks.into_iter().map(range).collect(),
        registry: sections.registry,
        images: sections.image,
    }
}

fn gpu(name: &str) -> Gpu {
    match name.parse() {
        Ok(capability) => {
            Gpu { name: format!("compute capability {name}"), capability, data_center: None }
        }
        Err(_) => Gpu {
            name: name.to_owned(),
            capability: cuda_compat::gpu_models_named(name)[0].cc,
            data_center: Some(!name.contains("TX")),
        },
    }
}

/// Requirements files by name.
pub(crate) fn files(texts: &[(&str, &str)]) -> BTreeMap<PathBuf, RequirementsFile> {
    let mut fetch = |wanted: &Path| {
        let found = texts.iter().find(|(path, _)| Path::new(path) == wanted);
        found.map(|(_, text)| text.as_bytes().to_vec()).ok_or_else(|| "it is not there".to_owned())
    };
    let read = |(path, _): &(&str, &str)| {
        let path = PathBuf::from(path);
        let file = RequirementsFile::read(&path, &mut fetch).unwrap();
        (path, file)
    };
    texts.iter().map(read).collect()
}

/// What `find` finds in the images of these sections.
pub(crate) fn spec<T>(text: &str, find: fn(&Scene<'_>) -> Vec<T>) -> Vec<T> {
    spec_with(text, &[], find)
}

/// What `find` finds in the images of these sections, with these requirements files.
pub(crate) fn spec_with<T>(
    text: &str,
    texts: &[(&str, &str)],
    find: fn(&Scene<'_>) -> Vec<T>,
) -> Vec<T> {
    let spec = read(text);
    let files = files(texts);
    find(&Scene {
        recipes: Recipe::from_spec(&spec, &files).unwrap(),
        requirements: Requirements { files, resolutions: Vec::new() },
        fleet: spec.fleet.clone(),
        spec: Some(&spec),
        dockerfile: None,
        today: "2026-11-24".parse().unwrap(),
    })
}

/// The codes of everything that is found in the images of these sections.
pub(crate) fn codes(text: &str, texts: &[(&str, &str)]) -> Vec<&'static str> {
    let found = spec_with(text, texts, check);
    let mut codes: Vec<&str> = found.iter().map(Problem::code).collect();
    codes.dedup();
    codes
}

/// What `find` finds in the scene of a Dockerfile that it may change first.
pub(crate) fn dockerfile_with<T>(text: &str, find: impl FnOnce(&mut Scene<'_>) -> T) -> T {
    let file = Dockerfile::parse(Path::new("Dockerfile"), text.as_bytes()).unwrap();
    find(&mut Scene {
        recipes: Recipe::from_dockerfile(&file),
        spec: None,
        dockerfile: Some(&file),
        requirements: Requirements::default(),
        fleet: fleet(),
        today: "2026-11-24".parse().unwrap(),
    })
}

/// What `find` finds for an image `app` with that Python that installs this lock.
pub(crate) fn locked<T>(
    name: &str,
    lock: &str,
    python: &str,
    find: fn(&Scene<'_>) -> Vec<T>,
) -> Vec<T> {
    with_requirements(&[(name, lock)], name, python, find)
}

/// What `find` finds for an image `app` with that Python that installs one of these files.
pub(crate) fn with_requirements<T>(
    files: &[(&str, &str)],
    installed: &str,
    python: &str,
    find: fn(&Scene<'_>) -> Vec<T>,
) -> Vec<T> {
    dockerfile_with("FROM busybox AS app\n", |scene| {
        for (name, text) in files {
            let path = PathBuf::from(name);
            let text = text.as_bytes().to_vec();
            let file = RequirementsFile::read(&path, &mut |_| Ok(text.clone())).unwrap();
            scene.requirements.files.insert(path, file);
        }
        let recipe = &mut scene.recipes[0];
        let place = recipe.place.clone();
        recipe.python = Some(crate::Placed::new(python.parse().unwrap(), place));
        let file = &scene.requirements.files[Path::new(installed)];
        recipe.pip.extend(file.requirements.iter().cloned());
        find(scene)
    })
}
