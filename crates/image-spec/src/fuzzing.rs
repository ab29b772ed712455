//! The parsers of foreign bytes, for the targets below `fuzz/`.

use crate::{Dockerfile, Fleet, Recipe, Reference, Requirements, Scene, check};
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

/// A reference to an image: what is read of it is written the same.
pub fn image_reference(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let Ok(reference) = text.parse::<Reference>() else { return };
    assert_eq!(reference.to_string(), text);
    let _ = reference.is_nvidia_cuda();
    let _ = reference.tag.as_deref().map(str::parse::<cuda_compat::CudaTag>);
}
