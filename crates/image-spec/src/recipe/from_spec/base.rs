//! What an image of the specification begins with.

use super::Recipe;
use crate::recipe::Base;
use crate::{Image, Placed, Reference, Spec, SpecError, Usage, installs::Install};
use cuda_compat::{
    CudaTag, CudaVersion, CudnnVersion, Flavour, Framework, TagAnswer, base_images, look_up_tag,
    tag_for_driver,
};

/// Whether an image names its base by a reference.
pub(super) fn is_custom(image: &Image) -> bool {
    image.base.as_deref().is_some_and(|base| base.parse::<Flavour>().is_err())
}

/// A recipe that holds the base which the image names; an empty one where it names none.
pub(super) fn custom(spec: &Spec, name: &str, image: &Image) -> Result<Recipe, SpecError> {
    let place = Spec::place_of(name).inner("base");
    let named = image.base.as_deref().filter(|_| is_custom(image));
    let Some(named) = named else {
        return Ok(Recipe::empty(Placed::new(Base::Scratch, place)));
    };
    if named == "scratch" {
        return Ok(Recipe::empty(Placed::new(Base::Scratch, place)));
    }
    let reference = named
        .parse::<Reference>()
        .map_err(|error| SpecError::Base { reason: error.to_string(), place: place.clone() })?;
    let os = os_of(&reference);
    let base = Base::of(through_mirror(reference, spec.registry.mirror.as_deref()));
    let mut recipe = Recipe::empty(Placed::new(base, place.clone()));
    recipe.cudnn = cudnn(&recipe).map(|cudnn| Placed::new(cudnn, place.clone()));
    recipe.os = recipe.os.or_else(|| os.map(|os| Placed::new(os, place)));
    Ok(recipe)
}

/// The distribution of `ubuntu:22.04`, `debian:bookworm-slim` or `python:3.11-slim-bookworm`.
fn os_of(reference: &Reference) -> Option<String> {
    let tag = reference.tag.as_deref()?;
    let name = reference.path.rsplit('/').next()?;
    let whole = format!("{name}{}", tag.split('-').next().unwrap_or(tag));
    let words = tag.split('-');
    let named = cuda_compat::distribution(&whole).or_else(|| {
        words.rev().find_map(|word| {
            cuda_compat::distribution(word).filter(|row| row.codename.as_deref() == Some(word))
        })
    });
    named.map(|row| row.id())
}

/// The image of `nvidia/cuda` for the versions of `[cuda]`.
pub(super) fn of_stack(
    spec: &Spec,
    name: &str,
    image: &Image,
    installs: &[Install<'_>],
) -> Result<Placed<Base>, SpecError> {
    let missing = |key, example| SpecError::StackMissing {
        image: name.to_owned(),
        key,
        example,
        place: Spec::place_of(name),
    };
    let stack = &spec.stack;
    let cuda = stack.cuda.ok_or_else(|| missing("version", "version = \"12.6\""))?;
    let os = stack.os.as_deref().ok_or_else(|| missing("os", "os = \"ubuntu22.04\""))?;
    let named = image.base.as_deref().and_then(|base| base.parse::<Flavour>().ok());
    let mut flavour = named.unwrap_or_else(|| smallest(name, image, installs));
    let wants_cudnn = image.cudnn.unwrap_or_else(|| {
        flavour != Flavour::Base && stack.cudnn.is_some() && !installs.iter().any(brings_cudnn)
    });
    if wants_cudnn && named.is_none() {
        flavour = flavour.max(Flavour::Runtime);
    }
    let driver = spec.fleet.driver.zip(spec.fleet.platform);
    let tag = tag_for_driver(cuda, wants_cudnn, flavour, os, driver)
        .unwrap_or_else(|| as_written(cuda, wants_cudnn, flavour, os));
    let reference = Reference {
        registry: None,
        path: "nvidia/cuda".to_owned(),
        tag: Some(tag.to_string()),
        digest: None,
    };
    let reference = through_mirror(reference, spec.registry.mirror.as_deref());
    Ok(Placed::new(Base::Cuda { reference, tag }, Spec::place_of(name).inner("base")))
}

/// The smallest flavour that suffices.
fn smallest(name: &str, image: &Image, installs: &[Install<'_>]) -> Flavour {
    if image.compiles || image.usage_or_name(name) == Usage::Dev {
        return Flavour::Devel;
    }
    // Numba compiles with NVVM, which is a part of the toolkit or of numba-cuda's extras.
    let has = |framework| installs.iter().any(|install| install.framework == framework);
    if has(Framework::Numba) && !has(Framework::NumbaCuda) {
        return Flavour::Devel;
    }
    let others = || installs.iter().filter(|install| install.framework != Framework::Numba);
    let brings = |install: &Install<'_>| install.pick().is_some_and(|it| it.build.brings_cuda);
    if others().next().is_some() && others().all(brings) { Flavour::Base } else { Flavour::Runtime }
}

fn brings_cudnn(install: &Install<'_>) -> bool {
    let with_cudnn = [Framework::Torch, Framework::Tensorflow, Framework::Jax];
    with_cudnn.contains(&install.framework)
        && install.pick().is_some_and(|pick| pick.build.brings_cuda)
}

/// The tag that such an image would have, where there is none.
fn as_written(cuda: CudaVersion, cudnn: bool, flavour: Flavour, os: &str) -> CudaTag {
    let of_line = base_images().iter().filter(|row| row.cuda.minor_line() == cuda);
    let newest = of_line.map(|row| row.cuda).max();
    let infix = match (cuda.major, cuda.minor) {
        (12, 3) => "cudnn9",
        (major, minor) if (major, minor) < (12, 3) => "cudnn8",
        _ => "cudnn",
    };
    CudaTag {
        cuda: newest.unwrap_or(cuda),
        cudnn: cudnn.then(|| infix.to_owned()),
        flavour,
        os: os.to_owned(),
    }
}

/// An image of Docker Hub goes through the mirror; one of another registry stays.
fn through_mirror(mut reference: Reference, mirror: Option<&str>) -> Reference {
    let Some(mirror) = mirror.filter(|_| reference.registry.is_none()) else { return reference };
    let (registry, folder) = mirror
        .split_once('/')
        .map_or((mirror, None), |(registry, folder)| (registry, Some(folder)));
    // Docker Hub keeps its official images in `library`.
    let own = if reference.path.contains('/') { "" } else { "library/" };
    let folder = folder.map_or(String::new(), |folder| format!("{folder}/"));
    reference.path = format!("{folder}{own}{}", reference.path);
    reference.registry = Some(registry.to_owned());
    reference
}

/// The cuDNN that an image of `nvidia/cuda` holds.
pub(super) fn cudnn(recipe: &Recipe) -> Option<CudnnVersion> {
    let tag = recipe.cuda_tag().filter(|tag| tag.cudnn.is_some())?;
    match look_up_tag(tag) {
        TagAnswer::Real(row) | TagAnswer::Deleted(row) => row.cudnn,
        TagAnswer::NotPublished | TagAnswer::NotInTable => None,
    }
}
