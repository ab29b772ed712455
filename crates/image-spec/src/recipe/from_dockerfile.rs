//! From the stages of a Dockerfile to recipes.

use super::{Base, Recipe};
use crate::{Dockerfile, Placed, Reference, Usage};

impl Recipe {
    /// A recipe for each stage, in their order.
    pub fn from_dockerfile(file: &Dockerfile) -> Vec<Self> {
        let mut recipes: Vec<Self> = Vec::new();
        let last = file.stages.len().saturating_sub(1);
        for (index, stage) in file.stages.iter().enumerate() {
            let place = file.place(stage.start);
            let parent = file.stages[..index]
                .iter()
                .position(|earlier| earlier.name.as_deref() == Some(stage.image.as_str()));
            let mut recipe = match parent.and_then(|parent| recipes.get(parent)) {
                Some(parent) => parent.clone(),
                None => Self::empty(Placed::new(base(&stage.image), place.clone())),
            };
            recipe.name = stage.name.clone().unwrap_or_else(|| index.to_string());
            recipe.place = place;
            recipe.parent = parent;
            recipe.usage = (index == last).then_some(Usage::Prod);
            recipes.push(recipe);
        }
        recipes
    }
}

fn base(image: &str) -> Base {
    if image == "scratch" {
        return Base::Scratch;
    }
    image.parse::<Reference>().map_or_else(|_| Base::Open(image.to_owned()), Base::of)
}
