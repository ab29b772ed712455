//! `--from=` names a stage that is not there.
//!
//! A name behind `--from=` is a stage above, or else an image: Docker then pulls
//! `docker.io/library/NAME`, and the build ends with `pull access denied` or, worse, copies out of
//! somebody else's image. A stage is known only below its `FROM`.
//!
//! See for yourself with `docker build .`.
//!
//! Write the name of a stage above. An image is written with its tag, such as
//! `ghcr.io/astral-sh/uv:0.9`.

use super::{Diagnosis, Fix};
use crate::{
    Dockerfile, Place, Scene,
    dockerfile::{Instruction, Kind},
};
use serde::Serialize;

/// `--from=` names a stage that is not there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("`--from={name}` names no stage above, so that Docker looks for an image of that name")]
pub struct CopyFromUnknownStage {
    /// The name.
    pub name: String,
    /// The stage that is meant.
    pub meant: Meant,
    /// Where it is written.
    pub place: Place,
}

/// The stage that is meant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Meant {
    /// One with nearly the same name.
    Named(String),
    /// One that comes later.
    Later,
    /// There are only so many.
    Numbered(usize),
}

impl CopyFromUnknownStage {
    pub(super) const CODE: &str = "image/copy-from-unknown-stage";

    pub(super) fn find(scene: &Scene<'_>) -> Vec<Self> {
        let Some(file) = scene.dockerfile else { return Vec::new() };
        let mut found = Vec::new();
        for instruction in &file.instructions {
            let Some(stage) = instruction.stage else { continue };
            for (name, at) in sources(instruction) {
                let Some(meant) = meant(file, stage, &name) else { continue };
                found.push(Self { name, meant, place: file.place(at) });
            }
        }
        found
    }
}

/// What an instruction names behind `from=`, and where.
fn sources(instruction: &Instruction) -> Vec<(String, usize)> {
    match &instruction.kind {
        Kind::Copy(copied) => {
            let from = copied.from().filter(|from| !from.open);
            Vec::from_iter(from.map(|from| (from.text.clone(), from.span.start)))
        }
        Kind::Run(run) => {
            let mounts = run.flags.iter().filter(|flag| flag.name == "mount");
            let named = mounts.filter_map(|flag| {
                let value = flag.value.as_ref().filter(|value| !value.open)?;
                let from = value.text.split(',').find_map(|option| option.strip_prefix("from="))?;
                Some((from.to_owned(), value.span.start))
            });
            named.collect()
        }
        _ => Vec::new(),
    }
}

/// The stage that is meant; `None` where the name is that of a stage above or of an image.
fn meant(file: &Dockerfile, stage: usize, name: &str) -> Option<Meant> {
    if let Ok(number) = name.parse::<usize>() {
        return (number >= stage).then_some(Meant::Numbered(stage));
    }
    let lower = name.to_lowercase();
    let above = file.stages.get(..stage).unwrap_or_default();
    let names = || above.iter().filter_map(|stage| stage.name.as_deref());
    if names().any(|known| known == lower) || name.contains(['/', ':', '.', '@']) {
        return None;
    }
    let later = file.stages.get(stage..).unwrap_or_default();
    if later.iter().any(|stage| stage.name.as_deref() == Some(lower.as_str())) {
        return Some(Meant::Later);
    }
    let near = names().filter(|known| strsim::osa_distance(known, &lower) <= 1 + lower.len() / 5);
    near.min_by_key(|known| strsim::osa_distance(known, &lower)).map(|known| Meant::Named(known.to_owned()))
}

impl Diagnosis for CopyFromUnknownStage {
    fn place(&self) -> Place {
        self.place.clone()
    }

    fn fixes(&self) -> Vec<Fix> {
        vec![Fix::by_hand(match &self.meant {
            Meant::Named(name) => format!("write `--from={name}`"),
            Meant::Later => format!("move the stage `{}` above this one", self.name),
            Meant::Numbered(0) => "there is no stage above; name an image with its tag".to_owned(),
            Meant::Numbered(count) => {
                format!("stages are counted from 0: the last one above is {}", count - 1)
            }
        })]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scene::example;

    #[test]
    fn knows_stages() {
        let check = |text: &str, expected: Option<Meant>| {
            let found = example::dockerfile(text, CopyFromUnknownStage::find);
            let got: Vec<Meant> = found.into_iter().map(|found| found.meant).collect();
            assert_eq!(got, Vec::from_iter(expected), "{text}");
        };
        let named = |name: &str| Some(Meant::Named(name.to_owned()));
        check("FROM a AS builder\nFROM b\nCOPY --from=biulder /x /x", named("builder"));
        check("FROM a AS build\nFROM b\nRUN --mount=type=bind,from=buidl,target=/x a", named("build"));
        check("FROM a\nCOPY --from=late /x /x\nFROM b AS late", Some(Meant::Later));
        check("FROM a\nFROM b\nCOPY --from=1 /x /x", Some(Meant::Numbered(1)));
        check("FROM a AS Builder\nFROM b\nCOPY --from=builder /x /x", None);
        check("FROM a\nFROM b\nCOPY --from=0 /x /x", None);
        check("FROM a AS builder\nFROM b\nCOPY --from=nginx /x /x", None);
        check("FROM a AS uv\nFROM b\nCOPY --from=ghcr.io/astral-sh/uv:0.9 /uv /bin/", None);
        check("ARG S\nFROM a AS x\nFROM b\nARG S\nCOPY --from=$S /x /x", None);
    }
}
