//! The images in an order in which each stands behind the one that it builds on.

use crate::{Spec, SpecError};

/// The names of the images, parents first, otherwise by name.
pub(super) fn parents_first(spec: &Spec) -> Result<Vec<&str>, SpecError> {
    let mut ordered: Vec<&str> = Vec::new();
    for name in spec.images.keys() {
        let mut chain: Vec<&str> = vec![name];
        while let Some(from) = chain.last().and_then(|last| spec.images[*last].from.as_deref()) {
            let child = chain[chain.len() - 1];
            let Some((from, _)) = spec.images.get_key_value(from) else {
                return Err(unknown(spec, child, from));
            };
            if let Some(start) = chain.iter().position(|above| *above == from.as_str()) {
                return Err(circular(&chain[start..]));
            }
            chain.push(from);
        }
        for name in chain.into_iter().rev() {
            if !ordered.contains(&name) {
                ordered.push(name);
            }
        }
    }
    Ok(ordered)
}

fn unknown(spec: &Spec, image: &str, from: &str) -> SpecError {
    let distance = |name: &&String| strsim::damerau_levenshtein(from, name);
    let others = spec.images.keys().filter(|name| name.as_str() != image);
    let nearest = others.min_by_key(distance).filter(|name| distance(name) <= 1 + from.len() / 3);
    SpecError::UnknownParent {
        image: image.to_owned(),
        from: from.to_owned(),
        nearest: nearest.cloned(),
        place: Spec::place_of(image).inner("from"),
    }
}

fn circular(chain: &[&str]) -> SpecError {
    SpecError::Circular {
        chain: chain.iter().map(|name| (*name).to_owned()).collect(),
        place: Spec::place_of(chain[0]).inner("from"),
    }
}
