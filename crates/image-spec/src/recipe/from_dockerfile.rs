//! From the stages of a Dockerfile to recipes.

use super::{Base, Recipe};
use crate::{Dockerfile, Placed, Reference, Usage};

impl Recipe {
    /// A recipe for each stage, in their order.
    pub fn from_dockerfile(file: &Dockerfile) -> Vec<Self> {
        let mut recipes: Vec<Self> = Vec::new();
        let last = file.last_stage();
        for (index, stage) in file.stages.iter().enumerate() {
            let Some(from) = file.from_of(index) else { continue };
            let place = file.place(from.image.span.start);
            let mut recipe = match stage.parent.and_then(|parent| recipes.get(parent)) {
                Some(parent) => parent.clone(),
                None => Self::empty(Placed::new(base(&from.image), place.clone())),
            };
            recipe.name = stage.name.clone().unwrap_or_else(|| index.to_string());
            recipe.place = place;
            recipe.parent = stage.parent;
            recipe.usage = (index == last).then_some(Usage::Prod);
            recipes.push(recipe);
        }
        recipes
    }
}

fn base(image: &crate::dockerfile::Word) -> Base {
    if image.text == "scratch" {
        return Base::Scratch;
    }
    if image.open {
        return Base::Open(image.text.clone());
    }
    image.text.parse::<Reference>().map_or_else(|_| Base::Open(image.text.clone()), Base::of)
}
