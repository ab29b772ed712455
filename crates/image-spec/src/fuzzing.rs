//! The parsers of foreign bytes, for the targets below `fuzz/`.

use crate::{
    Contents, Dockerfile, Fleet, ImageSize, Recipe, Reference, Requirements, Scene, check,
};
use std::path::Path;

/// A Dockerfile, with all that is made of it and judged.
pub fn dockerfile(bytes: &[u8]) {
    let Ok(file) = Dockerfile::parse(Path::new("Dockerfile"), bytes) else { return };
    crate::dockerfile::spans::are_inside(&file);
    let _ = check(&Scene {
        recipes: Recipe::from_dockerfile(&file),
        spec: None,
        dockerfile: Some(&file),
        requirements: Requirements::default(),
        fleet: Fleet::default(),
        today: jiff::civil::date(2026, 11, 24),
    });
}

/// An archive of an image, with what is said of it.
pub fn image_archive(bytes: &[u8]) {
    let Ok(image) = image_layers::read_archive(bytes, None, &Contents::want()) else { return };
    let contents = Contents::of(&image);
    let _ = contents.runs_on();
    let _ = ImageSize::of(&image, &contents);
}

/// A reference to an image: what is read of it is written the same.
pub fn image_reference(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let Ok(reference) = text.parse::<Reference>() else { return };
    assert_eq!(reference.to_string(), text);
    let _ = reference.is_nvidia_cuda();
    let _ = reference.tag.as_deref().map(str::parse::<cuda_compat::CudaTag>);
}
