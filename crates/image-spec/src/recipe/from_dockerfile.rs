//! From the stages of a Dockerfile to recipes.

mod base;
mod compiles;
mod context;
mod pip;
mod python;
mod stack;

use super::{AptPackage, Recipe};
use crate::{
    Dockerfile, Placed, Usage,
    dockerfile::{Instruction, Kind, Manager, Packages, Pair, Run, Words},
};
use context::Context;
use python::Pythons;
use std::ops::Range;

/// What is known of a stage besides its recipe.
#[derive(Debug, Clone, Default)]
struct Known {
    pythons: Pythons,
    context: Context,
}

impl Recipe {
    /// A recipe for each stage, in their order.
    pub fn from_dockerfile(file: &Dockerfile) -> Vec<Self> {
        let mut recipes: Vec<Self> = Vec::new();
        let mut ends: Vec<Known> = Vec::new();
        for (index, stage) in file.stages.iter().enumerate() {
            let Some(from) = file.begin_of(index) else { continue };
            let place = file.place(from.image.span.start);
            let parent =
                stage.parent.and_then(|parent| Some((recipes.get(parent)?, ends.get(parent)?)));
            let (mut recipe, mut known) = match parent {
                Some((recipe, known)) => (recipe.clone(), known.clone()),
                None => base::begin(&from.image, place.clone()),
            };
            recipe.name = stage.name.clone().unwrap_or_else(|| index.to_string());
            recipe.place = place;
            recipe.parent = stage.parent;
            recipe.usage = usage(file, index);
            recipe.copies_from.clear();
            for instruction in file.of_stage(index) {
                add(file, instruction, &mut recipe, &mut known);
            }
            known.pythons.tell(&mut recipe);
            recipes.push(recipe);
            ends.push(known);
        }
        recipes
    }
}

/// What a stage is for: by its name, else by that of the file where it is the last.
fn usage(file: &Dockerfile, stage: usize) -> Option<Usage> {
    let named = file.stages.get(stage).and_then(|stage| usage_of_name(stage.name.as_deref()?));
    if stage != file.last_stage() {
        return named;
    }
    let name = file.path.file_name().map(|name| name.to_string_lossy().to_ascii_lowercase());
    let by_file = name.and_then(|name| name.split(['.', '-', '_']).find_map(usage_of_name));
    named.or(by_file).or(Some(Usage::Prod))
}

fn usage_of_name(name: &str) -> Option<Usage> {
    match name {
        "dev" | "develop" | "development" | "devcontainer" => Some(Usage::Dev),
        "test" | "tests" | "testing" | "ci" => Some(Usage::Test),
        "profile" | "profiling" => Some(Usage::Profile),
        "prod" | "production" | "runtime" | "release" => Some(Usage::Prod),
        _ => None,
    }
}

fn add(file: &Dockerfile, instruction: &Instruction, recipe: &mut Recipe, known: &mut Known) {
    match &instruction.kind {
        Kind::Run(run) => add_run(file, run, recipe, known),
        Kind::Env(pairs) => {
            for pair in pairs {
                let Some(value) = value(file, pair) else { continue };
                known.pythons.set(&pair.name.text, &value);
                recipe.env.insert(pair.name.text.clone(), value);
            }
        }
        Kind::Label(pairs) => {
            for pair in pairs {
                let Some(value) = value(file, pair) else { continue };
                recipe.labels.insert(pair.name.text.clone(), value);
            }
        }
        Kind::Copy(copied) | Kind::Add(copied) => {
            if let Some(from) = copied.from() {
                copies_from(file, &from.text, from.span.clone(), recipe);
            }
            known.context.copy(copied);
        }
        Kind::User(user) => {
            recipe.user = Some(Placed::new(user.text.clone(), file.place(user.span.start)));
        }
        Kind::Workdir(folder) => known.context.enter(&folder.text),
        Kind::Healthcheck(program, _) => {
            recipe.healthcheck = program.as_ref().map(|program| words(file, program));
        }
        Kind::Entrypoint(program) => {
            recipe.entrypoint = Some(words(file, program));
            // A `CMD` from above belongs to another program.
            recipe.cmd = None;
        }
        Kind::Cmd(program) => recipe.cmd = Some(words(file, program)),
        Kind::From(_)
        | Kind::Arg(_)
        | Kind::Shell(_)
        | Kind::Expose(_)
        | Kind::Volume(_)
        | Kind::Stopsignal(_)
        | Kind::Maintainer(_)
        | Kind::Onbuild(_)
        | Kind::NotRead => {}
    }
}

fn value(file: &Dockerfile, pair: &Pair) -> Option<Placed<String>> {
    let value = pair.value.as_ref()?;
    Some(Placed::new(value.text.clone(), file.place(pair.name.span.start)))
}

fn words(file: &Dockerfile, program: &Words) -> Placed<Vec<String>> {
    let words = program.words.iter().map(|word| word.text.clone()).collect();
    Placed::new(words, file.place(program.span.start))
}

fn copies_from(file: &Dockerfile, name: &str, span: Range<usize>, recipe: &mut Recipe) {
    let found = file.stage_named(name);
    recipe.copies_from.extend(found.map(|stage| Placed::new(stage, file.place(span.start))));
}

fn add_run(file: &Dockerfile, run: &Run, recipe: &mut Recipe, known: &mut Known) {
    known.context.mount(run);
    for options in run.mounts() {
        if let Some((_, name)) = options.iter().find(|(option, _)| *option == "from") {
            let flag = run.flags.iter().find(|flag| flag.text().contains(name));
            let span = flag.map(|flag| flag.span.clone()).unwrap_or_default();
            copies_from(file, name, span, recipe);
        }
    }
    for command in &run.commands {
        // A package manager that is not there installs nothing.
        let installed = Packages::of(command);
        if let Some(found) = installed.filter(|it| recipe.base.value.may_have(it.manager)) {
            add_packages(file, &found, recipe);
            known.pythons.packages(file, &found, recipe);
        }
        known.context.command(command);
        known.pythons.command(file, command);
        compiles::add(file, command, recipe);
        stack::add(file, command, recipe);
        pip::add(file, command, recipe, known);
    }
}

fn add_packages(file: &Dockerfile, found: &Packages<'_>, recipe: &mut Recipe) {
    if found.manager != Manager::Apt {
        return;
    }
    for package in found.packages.iter().filter(|package| !package.open) {
        let value = AptPackage {
            name: package.name.to_owned(),
            version: package.version.map(str::to_owned),
        };
        recipe.apt.push(Placed::new(value, file.place(package.span.start)));
    }
}

#[cfg(test)]
mod tests;
