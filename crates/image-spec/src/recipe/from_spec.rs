//! From the sections `[image.*]` to recipes.

mod base;
mod frameworks;
mod order;

use super::{AptPackage, PipRequirement, PythonFrom, Recipe};
use crate::{
    Image, Place, Placed, PythonSource, RequirementsFile, Spec, SpecError, Usage,
    installs::installs,
};
use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

/// The requirements files that were read, by the path that `requirements` of an image names.
type Files = BTreeMap<PathBuf, RequirementsFile>;

impl Recipe {
    /// A recipe for each image, parents before what builds on them.
    ///
    /// `read` holds the requirements files that the images name; what is not in it is not known.
    ///
    /// # Errors
    /// Where images build on each other in a circle or on one that is not there, or where an image
    /// does not say what it begins with.
    pub fn from_spec(
        spec: &Spec,
        read: &BTreeMap<PathBuf, RequirementsFile>,
    ) -> Result<Vec<Self>, SpecError> {
        let mut recipes: Vec<Self> = Vec::new();
        for name in order::parents_first(spec)? {
            let image = &spec.images[name];
            one_beginning(name, image)?;
            let parent = image
                .from
                .as_ref()
                .and_then(|from| recipes.iter().position(|recipe| recipe.name == *from));
            let begun = parent.and_then(|parent| recipes.get(parent)).cloned();
            let mut recipe = match begun {
                Some(parent) => Self { healthcheck: None, ..parent },
                None => first(spec, name, image, read)?,
            };
            recipe.parent = parent;
            add(&mut recipe, spec, name, image, read)?;
            recipes.push(recipe);
        }
        Ok(recipes)
    }
}

/// What builds on another image says nothing of a base.
fn one_beginning(name: &str, image: &Image) -> Result<(), SpecError> {
    let keys = [("base", image.base.is_some()), ("cudnn", image.cudnn.is_some())];
    let written = keys.into_iter().find(|(_, is_there)| *is_there && image.from.is_some());
    written.map_or(Ok(()), |(key, _)| {
        let place = Spec::place_of(name).inner(key);
        Err(SpecError::FromAndBase { image: name.to_owned(), key, place })
    })
}

/// An image that begins with a base: what it stands on, and the frameworks.
fn first(spec: &Spec, name: &str, image: &Image, read: &Files) -> Result<Recipe, SpecError> {
    let mut recipe = base::custom(spec, name, image)?;
    let stack = &spec.stack;
    let from_stack = |key: &str| Place::key("cuda").inner(key);
    if let Some(python) = stack.python {
        recipe.python = Some(Placed::new(python, from_stack("python")));
    }
    recipe.pip = frameworks::requirements(spec);
    // The base depends on what the packages bring, so it is chosen with all of them.
    if base::is_custom(image) {
        recipe.python_from = python_from(image, &recipe);
        return Ok(recipe);
    }
    recipe.os = stack.os.clone().map(|os| Placed::new(os, from_stack("os")));
    let mut whole = recipe.clone();
    whole.pip.extend(own_pip(name, image, read)?);
    let base = base::of_stack(spec, name, image, &installs(&whole))?;
    let mut chosen = Recipe::empty(base);
    chosen.os = recipe.os;
    chosen.cuda = stack.cuda.map(|cuda| Placed::new(cuda, from_stack("version")));
    chosen.cudnn = base::cudnn(&chosen).map(|cudnn| {
        let place = match stack.cudnn {
            Some(_) => from_stack("cudnn"),
            None => chosen.base.place.clone(),
        };
        Placed::new(cudnn, place)
    });
    chosen.python = recipe.python;
    chosen.pip = recipe.pip;
    chosen.python_from = python_from(image, &chosen);
    Ok(chosen)
}

/// The distribution's Python where it is its own `python3`: others of its archive may be release
/// candidates, as 3.11 of Ubuntu 22.04 is.
fn python_from(image: &Image, recipe: &Recipe) -> Option<PythonFrom> {
    match image.python_from {
        PythonSource::Distribution => Some(PythonFrom::Distribution),
        PythonSource::Uv => Some(PythonFrom::Uv),
        PythonSource::Base => Some(PythonFrom::Base),
        PythonSource::Auto => {
            let python = recipe.python.as_ref()?.value.minor_line();
            let os = recipe.os.as_ref().and_then(|os| cuda_compat::distribution(&os.value));
            let own = os.and_then(|os| os.default_python) == Some(python);
            Some(if own { PythonFrom::Distribution } else { PythonFrom::Uv })
        }
    }
}

/// What the image's own section says.
fn add(
    recipe: &mut Recipe,
    spec: &Spec,
    name: &str,
    image: &Image,
    read: &Files,
) -> Result<(), SpecError> {
    let place = Spec::place_of(name);
    let usage = image.usage_or_name(name);
    recipe.name = name.to_owned();
    recipe.place = place.clone();
    recipe.usage = Some(usage);
    recipe.pip.extend(own_pip(name, image, read)?);
    recipe.apt.extend(image.apt.iter().enumerate().map(|(index, text)| {
        let (name, version) = match text.split_once('=') {
            Some((name, version)) => (name, Some(version.to_owned())),
            None => (text.as_str(), None),
        };
        let package = AptPackage { name: name.to_owned(), version };
        Placed::new(package, place.inner("apt").inner(index))
    }));
    if image.nsight {
        recipe
            .apt
            .extend(nsight(spec).map(|name| {
                Placed::new(AptPackage { name, version: None }, place.inner("nsight"))
            }));
    }
    if image.compiles {
        recipe.compiles.push(Placed::new("`compiles = true`".to_owned(), place.inner("compiles")));
    }
    for (key, value) in &image.env {
        recipe.env.insert(key.clone(), Placed::new(value.clone(), place.inner("env").inner(key)));
    }
    for (key, value) in &image.labels {
        let value = Placed::new(value.clone(), place.inner("labels").inner(key));
        recipe.labels.insert(key.clone(), value);
    }
    if let Some(user) = image.user_or_default(usage) {
        recipe.user = Some(Placed::new(user.to_owned(), place.inner("user")));
    }
    if let Some(check) = &image.healthcheck {
        let place = place.inner("healthcheck").inner("test");
        recipe.healthcheck = Some(Placed::new(check.test.clone(), place));
    }
    let program = |words: &Vec<String>, key| {
        (!words.is_empty()).then(|| Placed::new(words.clone(), place.inner(key)))
    };
    recipe.entrypoint = program(&image.entrypoint, "entrypoint").or(recipe.entrypoint.take());
    recipe.cmd = program(&image.cmd, "cmd").or(recipe.cmd.take());
    Ok(())
}

/// The packages of Nsight Systems and Nsight Compute in NVIDIA's archive for this CUDA.
fn nsight(spec: &Spec) -> impl Iterator<Item = String> {
    let version = spec.stack.cuda.map(|cuda| format!("-{}-{}", cuda.major, cuda.minor));
    let version = version.unwrap_or_default();
    ["cuda-nsight-systems", "cuda-nsight-compute"]
        .into_iter()
        .map(move |name| format!("{name}{version}"))
}

fn own_pip(
    name: &str,
    image: &Image,
    read: &Files,
) -> Result<Vec<Placed<PipRequirement>>, SpecError> {
    let files = image.requirements.iter().filter_map(|path| read.get(Path::new(path)));
    let mut all: Vec<_> = files.flat_map(|file| file.requirements.iter().cloned()).collect();
    for (index, text) in image.pip.iter().enumerate() {
        let place = Spec::place_of(name).inner("pip").inner(index);
        let requirement = text
            .parse()
            .map_err(|_| SpecError::Requirement { text: text.clone(), place: place.clone() })?;
        all.push(Placed::new(PipRequirement { requirement, index: None, hashed: false }, place));
    }
    Ok(all)
}

impl Image {
    /// The user that it runs as, where the section names none: root to develop, test and profile in,
    /// and a user without a name or rights in what is shipped.
    pub fn user_or_default(&self, usage: Usage) -> Option<&str> {
        let default = (usage == Usage::Prod).then_some("10001:10001");
        self.user.as_deref().or(default)
    }
}

#[cfg(test)]
mod tests;
