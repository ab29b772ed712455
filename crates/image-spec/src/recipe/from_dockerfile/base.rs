//! What a base image is known to hold.

use super::Known;
use crate::{Base, Place, Placed, PythonFrom, Recipe, Reference, dockerfile::Word};
use cuda_compat::{CudnnVersion, base_images, distribution};

/// A recipe that holds nothing but that image.
pub(super) fn begin(image: &Word, place: Place) -> (Recipe, Known) {
    let mut recipe = Recipe::empty(Placed::new(base(image), place.clone()));
    let mut known = Known::default();
    match &recipe.base.value {
        Base::Cuda { tag, .. } if tag.cudnn.is_some() => {
            let row = base_images().iter().find(|row| row.has(tag));
            let exact = row.and_then(|row| row.cudnn);
            // `cudnn8` says the major version where the table does not know the rest.
            let named = tag.cudnn.as_deref().and_then(|infix| infix.strip_prefix("cudnn"));
            let cudnn = exact.or_else(|| named?.parse::<CudnnVersion>().ok());
            recipe.cudnn = cudnn.map(|cudnn| Placed::new(cudnn, place));
        }
        Base::Other(reference) => {
            let reference = reference.clone();
            other(&reference, &place, &mut recipe, &mut known);
        }
        Base::Cuda { .. } | Base::Scratch | Base::Open(_) => {}
    }
    (recipe, known)
}

fn base(image: &Word) -> Base {
    if image.text == "scratch" {
        return Base::Scratch;
    }
    if image.open {
        return Base::Open(image.text.clone());
    }
    image.text.parse::<Reference>().map_or_else(|_| Base::Open(image.text.clone()), Base::of)
}

/// What the names and tags of well-known images say.
fn other(reference: &Reference, place: &Place, recipe: &mut Recipe, known: &mut Known) {
    let tag = reference.tag.as_deref().unwrap_or_default();
    let path = reference.path.strip_prefix("library/").unwrap_or(&reference.path);
    match path {
        "ubuntu" | "debian" => recipe.os = os(path, tag).map(|os| Placed::new(os, place.clone())),
        "python" => {
            let mut parts = tag.split('-');
            let version = parts.next().and_then(|version| version.parse().ok());
            recipe.os =
                parts.find_map(|part| os("debian", part)).map(|os| Placed::new(os, place.clone()));
            known.pythons.of_base(
                version.map(|version| Placed::new(version, place.clone())),
                PythonFrom::Base,
            );
        }
        "pytorch/pytorch" => {
            let part = |start: &str| tag.split('-').find_map(|part| part.strip_prefix(start));
            let cuda = part("cuda").and_then(|cuda| cuda.parse().ok());
            let cudnn = part("cudnn").and_then(|cudnn| cudnn.parse().ok());
            recipe.cuda = cuda.map(|cuda| Placed::new(cuda, place.clone()));
            recipe.cudnn = cudnn.map(|cudnn| Placed::new(cudnn, place.clone()));
            known.pythons.of_base(None, PythonFrom::Base);
        }
        "continuumio/miniconda3"
        | "continuumio/anaconda3"
        | "condaforge/miniforge3"
        | "condaforge/mambaforge"
        | "mambaorg/micromamba" => {
            known.pythons.of_base(None, PythonFrom::Conda);
        }
        // NVIDIA's images of frameworks, and those of TensorFlow, bring their own Python.
        _ if path.starts_with("nvidia/") || path.starts_with("tensorflow/") => {
            known.pythons.of_base(None, PythonFrom::Base);
        }
        _ => {}
    }
}

/// The distribution as a tag of `nvidia/cuda` writes it, from a number or a code name.
fn os(name: &str, tag: &str) -> Option<String> {
    let release = tag.split(['-', '@']).next().unwrap_or_default();
    let direct = format!("{name}{release}");
    if distribution(&direct).is_some() {
        return Some(direct);
    }
    let of_name = cuda_compat::distributions().iter().filter(|row| row.name == name);
    let found = of_name.filter(|row| row.codename.as_deref() == Some(release));
    found.map(|row| row.id()).next()
}
