//! From the sections `[image.*]` to recipes.

use super::{Base, Recipe};
use crate::{Place, Placed, Reference, Spec};

impl Recipe {
    /// A recipe for each image, parents before what builds on them.
    pub fn from_spec(spec: &Spec) -> Vec<Self> {
        let mut recipes = Vec::new();
        for (name, image) in &spec.images {
            let place = Spec::place_of(name);
            let written = image.base.clone().unwrap_or_default();
            let base =
                written.parse::<Reference>().map_or_else(|_| Base::Open(written.clone()), Base::of);
            let mut recipe = Self::empty(Placed::new(base, place.inner("base")));
            recipe.name = name.clone();
            recipe.usage = Some(image.usage_or_name(name));
            recipe.place = Place::clone(&place);
            recipes.push(recipe);
        }
        recipes
    }
}
