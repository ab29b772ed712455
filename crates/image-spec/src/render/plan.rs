//! Which stages there are, in which order, and what each begins with.

use super::{RenderError, RenderOptions, python, quote};
use crate::{Base, Image, Recipe, Reference, Spec, Usage};
use cuda_compat::{CudaTag, Flavour};

/// Everything that the files are written from.
pub(crate) struct Plan<'a> {
    pub(crate) spec: &'a Spec,
    pub(crate) options: &'a RenderOptions,
    /// What others build on stands before them, and what is shipped last: that is what a build makes
    /// to which nobody names a stage.
    images: Vec<Planned<'a>>,
}

/// An image with its recipe.
pub(crate) struct Planned<'a> {
    pub(crate) name: &'a str,
    pub(crate) image: &'a Image,
    pub(crate) recipe: &'a Recipe,
    pub(crate) parent: Option<usize>,
    pub(crate) usage: Usage,
    /// Whether it was asked for; else others build on it.
    wanted: bool,
}

impl<'a> Plan<'a> {
    /// Orders the images.
    pub(crate) fn new(
        spec: &'a Spec,
        recipes: &'a [Recipe],
        options: &'a RenderOptions,
    ) -> Result<Self, RenderError> {
        let known = || spec.images.keys().map(|name| format!("`{name}`")).collect::<Vec<_>>();
        if spec.images.is_empty() {
            return Err(RenderError::NoImage);
        }
        if let Some(name) = options.names.iter().find(|name| !spec.images.contains_key(*name)) {
            return Err(RenderError::UnknownName { name: name.clone(), known: known().join(", ") });
        }
        let mut plan = Self { spec, options, images: Vec::new() };
        let is_wanted =
            |name: &str| options.names.is_empty() || options.names.iter().any(|it| it == name);
        let mut order: Vec<(&String, &Image)> =
            spec.images.iter().filter(|(name, _)| is_wanted(name)).collect();
        order.sort_by_key(|(name, image)| rank(image.usage_or_name(name)));
        for (name, _) in order {
            plan.add(name, recipes, &mut Vec::new())?;
        }
        for planned in &mut plan.images {
            planned.wanted = is_wanted(planned.name);
        }
        for (index, planned) in plan.images.iter().enumerate() {
            let held = Some(plan.stage(index)).filter(|stage| stage != planned.name);
            let own = plan.build_stage(index).into_iter().chain(held);
            if let Some(stage) = own.into_iter().find(|stage| spec.images.contains_key(stage)) {
                return Err(RenderError::Taken { name: planned.name.to_owned(), stage });
            }
        }
        Ok(plan)
    }

    /// Adds an image behind what it builds on; `above` are those that build on it.
    fn add(
        &mut self,
        name: &'a str,
        recipes: &'a [Recipe],
        above: &mut Vec<&'a str>,
    ) -> Result<usize, RenderError> {
        if let Some(index) = self.images.iter().position(|it| it.name == name) {
            return Ok(index);
        }
        if above.contains(&name) {
            let through: Vec<String> = above.iter().map(|name| format!("`{name}`")).collect();
            return Err(RenderError::Circle { name: name.to_owned(), through: through.join(", ") });
        }
        quote::stage(name)?;
        let spec: &'a Spec = self.spec;
        let missing = |from: &str| RenderError::UnknownParent {
            name: above.last().copied().unwrap_or(name).to_owned(),
            from: from.to_owned(),
        };
        let image = spec.images.get(name).ok_or_else(|| missing(name))?;
        let recipe = recipes.iter().find(|recipe| recipe.name == name).ok_or_else(|| {
            RenderError::NoBase {
                name: name.to_owned(),
                base: image.base.clone().unwrap_or_default(),
            }
        })?;
        above.push(name);
        let parent =
            image.from.as_deref().map(|from| self.add(from, recipes, above)).transpose()?;
        above.pop();
        let usage = image.usage_or_name(name);
        self.images.push(Planned { name, image, recipe, parent, usage, wanted: false });
        Ok(self.images.len() - 1)
    }

    /// An image.
    pub(crate) fn image(&self, index: usize) -> &Planned<'a> {
        &self.images[index]
    }

    /// All images, in the order of stages.
    pub(crate) fn all(&self) -> Vec<usize> {
        (0..self.images.len()).collect()
    }

    /// The images that were asked for.
    pub(crate) fn wanted(&self) -> Vec<usize> {
        self.all().into_iter().filter(|index| self.images[*index].wanted).collect()
    }

    /// An image behind all that it builds on.
    pub(crate) fn line(&self, index: usize) -> Vec<usize> {
        let mut line = vec![index];
        let mut at = index;
        while let Some(parent) = self.images[at].parent {
            line.insert(0, parent);
            at = parent;
        }
        line
    }

    /// The parent of an image.
    pub(crate) fn parent(&self, index: usize) -> Option<&Planned<'a>> {
        self.images[index].parent.map(|parent| &self.images[parent])
    }

    /// The stage in which what a shipped image holds is installed, where that is another one: then
    /// the tools for it stay behind.
    pub(crate) fn build_stage(&self, index: usize) -> Option<String> {
        let planned = &self.images[index];
        let is_apart =
            planned.usage == Usage::Prod && planned.parent.is_none() && planned.has_python();
        is_apart.then(|| format!("{}-build", planned.name))
    }

    /// Whether images build on an image.
    pub(crate) fn has_children(&self, index: usize) -> bool {
        self.images.iter().any(|image| image.parent == Some(index))
    }

    /// The stage that holds what an image holds. Where others build on it, the image itself is one
    /// more stage, with what only its build knows.
    pub(crate) fn stage(&self, index: usize) -> String {
        let name = self.images[index].name;
        if self.has_children(index) { format!("{name}-content") } else { name.to_owned() }
    }

    /// The stage that has pip or uv, where an image installs packages and nothing that it builds on
    /// has kept it.
    pub(crate) fn tool_again(&self, index: usize) -> Option<String> {
        let line = self.line(index);
        let (first, between) = (line.first()?, line.get(1..line.len() - 1)?);
        let installs = |index: usize| python::installs(self, &self.images[index]);
        let keeps = |index: &usize| self.images[*index].usage != Usage::Prod && installs(*index);
        let is_missing = installs(index) && !between.iter().any(keeps);
        self.build_stage(*first).filter(|_| is_missing)
    }

    /// Whether an image compiles, and what it builds on has nothing to compile with.
    pub(crate) fn compiles_first(&self, index: usize) -> bool {
        let mut above = self.line(index);
        above.pop();
        let has =
            |above: &usize| self.images[*above].compiles() && self.build_stage(*above).is_none();
        self.images[index].compiles() && !above.iter().any(has)
    }

    /// What an image begins with, as `FROM` names it.
    pub(crate) fn base(&self, index: usize) -> Result<String, RenderError> {
        let planned = &self.images[index];
        match &planned.recipe.base.value {
            Base::Scratch => Ok("scratch".to_owned()),
            Base::Open(base) => {
                Err(RenderError::NoBase { name: planned.name.to_owned(), base: base.clone() })
            }
            Base::Cuda { .. } | Base::Other(_) => {
                Ok(self.base_reference(index).map(|it| it.to_string()).unwrap_or_default())
            }
        }
    }

    /// The image that an image begins with; `None` where it begins with nothing.
    pub(crate) fn base_reference(&self, index: usize) -> Option<Reference> {
        let planned = &self.images[index];
        match &planned.recipe.base.value {
            // What was compiled in the build stage needs the libraries, and no compiler.
            Base::Cuda { reference, tag }
                if self.build_stage(index).is_some()
                    && planned.image.base.is_none()
                    && tag.flavour == Flavour::Devel
                    && planned.compiles() =>
            {
                let tag = CudaTag { flavour: Flavour::Runtime, ..tag.clone() };
                let tag = Some(tag.to_string());
                Some(Reference { tag, digest: None, ..reference.clone() })
            }
            Base::Cuda { reference, .. } | Base::Other(reference) => Some(reference.clone()),
            Base::Scratch | Base::Open(_) => None,
        }
    }

    /// What the build stage of an image begins with: something that has a compiler where one is needed.
    pub(crate) fn build_base(&self, index: usize) -> Result<String, RenderError> {
        let planned = &self.images[index];
        let Base::Cuda { reference, tag } = &planned.recipe.base.value else {
            return self.base(index);
        };
        if !planned.compiles() {
            return self.base(index);
        }
        if tag.flavour == Flavour::Devel {
            return Ok(reference.to_string());
        }
        let cudnn = if planned.recipe.cudnn.is_some() || tag.cudnn.is_some() {
            let row = cuda_compat::base_images().iter();
            let mut row = row.filter(|row| row.cuda == tag.cuda && row.os == tag.os);
            row.find_map(|row| row.cudnn_infix.clone())
        } else {
            None
        };
        let devel = CudaTag { flavour: Flavour::Devel, cudnn, ..tag.clone() };
        // The digest is that of another image.
        let reference =
            Reference { tag: Some(devel.to_string()), digest: None, ..reference.clone() };
        Ok(reference.to_string())
    }

    /// A rendered file, as the folder that is built names it.
    pub(crate) fn in_folder(&self, name: &str) -> String {
        match self.options.folder.trim_matches('/') {
            "" => name.to_owned(),
            folder => format!("{folder}/{name}"),
        }
    }

    /// An image of Docker Hub as it is pulled: through the mirror, where there is one.
    pub(crate) fn hub(&self, image: &str) -> String {
        match self.mirror() {
            Some(mirror) => format!("{mirror}/{image}"),
            None => image.to_owned(),
        }
    }

    /// The registry that images of Docker Hub are pulled through.
    pub(crate) fn mirror(&self) -> Option<&'a str> {
        let mirror = self.spec.registry.mirror.as_deref()?.trim_end_matches('/');
        Some(mirror).filter(|mirror| !mirror.is_empty())
    }
}

impl Planned<'_> {
    /// A key of its section.
    pub(crate) fn key(&self, name: &str) -> String {
        format!("image.{}.{name}", self.name)
    }

    /// Whether it holds Python.
    pub(crate) fn has_python(&self) -> bool {
        self.recipe.python.is_some() || self.recipe.python_from.is_some()
    }

    /// Whether something is compiled for it.
    pub(crate) fn compiles(&self) -> bool {
        self.image.compiles || !self.recipe.compiles.is_empty()
    }

    /// Whether it begins with nothing.
    pub(crate) fn is_from_scratch(&self) -> bool {
        self.recipe.base.value == Base::Scratch
    }

    /// Whether it begins with an image of `nvidia/cuda`.
    pub(crate) fn is_from_cuda(&self) -> bool {
        self.recipe.cuda_tag().is_some()
    }
}

fn rank(usage: Usage) -> u8 {
    match usage {
        Usage::Dev => 0,
        Usage::Test => 1,
        Usage::Profile => 2,
        Usage::Prod => 3,
    }
}
