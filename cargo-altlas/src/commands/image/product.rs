//! The images of the config: which are meant, what they are called in registries, and the files that
//! they are rendered to.

use super::{commit, render};
use crate::{
    config::{self, ConfigFile},
    environment,
    exit::Failure,
    explained::codes,
    global::Global,
};
use anyhow::anyhow;
use image_spec::{
    Commit, Recipe, Reference, RenderOptions, RenderedFile, Spec, SpecError, TagParts,
    reference_for,
};
use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

/// The images of a config.
pub(super) struct Product {
    pub(super) spec: Spec,
    /// The folder of the config, which is the build context.
    pub(super) root: PathBuf,
    pub(super) commit: Option<Commit>,
    recipes: Vec<Recipe>,
}

/// The config's images; `Ok(None)` where there is no config.
pub(super) fn find(global: &Global) -> Result<Option<Product>, Failure> {
    let file = config::find(global.config.as_deref(), &environment::folder(), &codes())
        .map_err(Failure::usage)?;
    file.as_ref().map(Product::of).transpose()
}

impl Product {
    fn of(file: &ConfigFile) -> Result<Self, Failure> {
        let spec = file.config.spec();
        let recipes = Recipe::from_spec(&spec, &BTreeMap::new()).map_err(Failure::usage)?;
        let root = match file.path.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent.to_owned(),
            _ => PathBuf::from("."),
        };
        Ok(Self { commit: commit::of(&root), spec, root, recipes })
    }

    /// The images that are meant: all where none is named.
    pub(super) fn names(&self, named: &[String]) -> Result<Vec<String>, Failure> {
        if self.spec.images.is_empty() {
            return Err(Failure::usage(anyhow!(
                "the config has no image; add a section such as `[image.prod]`"
            )));
        }
        let known: Vec<String> = self.spec.images.keys().cloned().collect();
        if let Some(unknown) = named.iter().find(|name| !known.contains(name)) {
            let known = known.join("`, `");
            return Err(Failure::usage(anyhow!(
                "the config has no image `{unknown}`; it has `{known}`"
            )));
        }
        Ok(if named.is_empty() { known } else { named.to_vec() })
    }

    /// What an image is called in every repository of the config, the first one first. Without a
    /// repository it gets the name of the product, on this machine alone.
    pub(super) fn references(&self, name: &str) -> Result<Vec<Reference>, Failure> {
        let registry = &self.spec.registry;
        let project = self.spec.project.name.as_ref().map(|name| name.to_lowercase());
        let first = registry.repository.clone().or(project).ok_or_else(|| {
            Failure::usage(anyhow!(
                "it is not known what the image is called; write `repository` into `[registry]`, \
                 or `name` into `[project]`"
            ))
        })?;
        let parts = self.parts(name);
        [first]
            .iter()
            .chain(&registry.also)
            .map(|repository| {
                reference_for(repository, &registry.tag, &parts).map_err(Failure::usage)
            })
            .collect()
    }

    fn parts(&self, name: &str) -> TagParts {
        let recipe = self.recipes.iter().find(|recipe| recipe.name == name);
        let stack = &self.spec.stack;
        let cuda = stack.cuda.or_else(|| recipe?.cuda.as_ref().map(|cuda| cuda.value));
        let python = stack.python.or_else(|| recipe?.python.as_ref().map(|python| python.value));
        TagParts {
            image: name.to_owned(),
            version: self.spec.project.version.clone(),
            cuda: cuda.map(|cuda| cuda.to_string()),
            python: python.map(|python| python.to_string()),
            commit: self.commit.clone(),
        }
    }

    /// The rendered files: the Dockerfile with all images, and what it copies.
    pub(super) fn rendered(&self) -> Result<Rendered, Failure> {
        let options = RenderOptions::default();
        let wrong = |error: &SpecError| Failure::usage(error.clone());
        let files = render::rendered(&self.spec, &self.root, options, wrong)?;
        let mut dockerfile = String::new();
        let mut beside = BTreeMap::new();
        for RenderedFile { path, text } in files {
            if path == Path::new("Dockerfile") {
                dockerfile = text;
            } else {
                beside.insert(path, text);
            }
        }
        Ok(Rendered { dockerfile, beside })
    }
}

/// The files that images are rendered to.
pub(super) struct Rendered {
    pub(super) dockerfile: String,
    pub(super) beside: BTreeMap<PathBuf, String>,
}

/// What `NAME` of `image push NAME` and `image test NAME` means: an image of the config, or any
/// reference.
pub(super) fn meant(
    product: Option<&Product>,
    named: &[String],
) -> Result<Vec<(String, Vec<Reference>)>, Failure> {
    let in_config = |name: &str| product.is_some_and(|it| it.spec.images.contains_key(name));
    match product {
        Some(product) if named.iter().all(|name| in_config(name)) => product
            .names(named)?
            .into_iter()
            .map(|name| Ok((name.clone(), product.references(&name)?)))
            .collect(),
        None if named.is_empty() => Err(Failure::usage(anyhow!(
            "there is no config, so name an image, such as `registry.example.com/team/app:1.0`"
        ))),
        _ => named
            .iter()
            .map(|name| match product.filter(|_| in_config(name)) {
                Some(product) => Ok((name.clone(), product.references(name)?)),
                None => Ok((name.clone(), vec![reference(name)?])),
            })
            .collect(),
    }
}

fn reference(text: &str) -> Result<Reference, Failure> {
    let reference: Reference = text.parse().map_err(Failure::usage)?;
    if reference.tag.is_none() && reference.digest.is_none() {
        return Err(Failure::usage(anyhow!(
            "`{text}` is no image of the config, and has no tag to be one elsewhere; write `{text}:TAG`"
        )));
    }
    Ok(reference)
}
