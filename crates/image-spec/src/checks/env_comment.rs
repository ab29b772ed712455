//! A comment stands behind an instruction, where it is no comment.
//!
//! In a Dockerfile `#` begins a comment only at the start of a line. Behind `ENV A=1` it is one more
//! word of the instruction: BuildKit refuses the file where that word has no `=`, and otherwise takes
//! it as part of a value, or sets a variable that is called `#`.
//!
//! See for yourself with `docker build .`, which says `can't find = in "#"`; where it builds,
//! `docker inspect IMAGE` shows the words of the comment in a value.
//!
//! Put the comment on a line of its own above the instruction.

use super::{Diagnosis, Fix};
use crate::{
    Place, Scene,
    dockerfile::{Instruction, Kind, Pair, Word},
};
use serde::Serialize;

/// A comment stands behind an instruction, where it is no comment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("`#` behind `{instruction}` begins no comment, {effect}")]
pub struct EnvComment {
    /// The instruction.
    pub instruction: &'static str,
    /// What comes of it.
    pub effect: Effect,
    /// Where it is written.
    pub place: Place,
}

/// What comes of a comment that is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// The file is refused.
    Refused,
    /// Its words are part of the value.
    InValue,
    /// Its words are names of their own.
    OwnNames,
}

impl std::fmt::Display for Effect {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Refused => "and the build refuses the file",
            Self::InValue => "its words become part of the value",
            Self::OwnNames => "its words become names of their own",
        })
    }
}

impl EnvComment {
    pub(super) const CODE: &str = "image/env-comment";

    pub(super) fn find(scene: &Scene<'_>) -> Vec<Self> {
        let Some(file) = scene.dockerfile else { return Vec::new() };
        let of = |instruction: &Instruction| {
            let (name, effect, at) = in_instruction(&instruction.kind)?;
            Some(Self { instruction: name, effect, place: file.place(at) })
        };
        file.instructions.iter().filter_map(of).collect()
    }

    /// Whether the build refuses the file.
    pub fn is_refused(&self) -> bool {
        self.effect == Effect::Refused
    }
}

fn in_instruction(kind: &Kind) -> Option<(&'static str, Effect, usize)> {
    match kind {
        Kind::Env(pairs) => refused(pairs).or(in_pairs(pairs)).map(|(effect, at)| ("ENV", effect, at)),
        Kind::Label(pairs) => refused(pairs).or(in_pairs(pairs)).map(|(effect, at)| ("LABEL", effect, at)),
        Kind::Arg(pairs) => in_pairs(pairs).map(|(effect, at)| ("ARG", effect, at)),
        Kind::Workdir(word) => in_word(word).map(|(effect, at)| ("WORKDIR", effect, at)),
        Kind::User(word) => in_word(word).map(|(effect, at)| ("USER", effect, at)),
        _ => None,
    }
}

/// A word without `=`, which only `ARG` allows.
fn refused(pairs: &[Pair]) -> Option<(Effect, usize)> {
    let word = pairs.iter().find(|pair| pair.value.is_none())?;
    Some((Effect::Refused, word.name.span.start))
}

fn in_pairs(pairs: &[Pair]) -> Option<(Effect, usize)> {
    let own = pairs.iter().skip(1).find(|pair| pair.name.text.starts_with('#'));
    let own = own.map(|pair| (Effect::OwnNames, pair.name.span.start));
    // In the old form `ENV NAME value` all that follows is the value, quotes aside.
    let old = pairs.first().filter(|pair| pair.old_form && !pair.written.contains(['"', '\'']));
    own.or_else(|| in_word(old?.value.as_ref()?))
}

fn in_word(word: &Word) -> Option<(Effect, usize)> {
    let at = word.text.find(" #").filter(|at| *at > 0)?;
    Some((Effect::InValue, (word.span.start + at + 1).min(word.span.end)))
}

impl Diagnosis for EnvComment {
    fn place(&self) -> Place {
        self.place.clone()
    }

    fn fixes(&self) -> Vec<Fix> {
        let text = format!("put the comment on a line of its own above `{}`", self.instruction);
        vec![Fix::by_hand(text)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scene::example;

    #[test]
    fn knows_where_comments_are() {
        let check = |line: &str, expected: Option<Effect>| {
            let found = example::dockerfile(&format!("FROM a\n{line}\n"), EnvComment::find);
            let got: Vec<Effect> = found.iter().map(|found| found.effect).collect();
            assert_eq!(got, Vec::from_iter(expected), "{line}");
        };
        check("ENV CUDA_HOME=/usr/local/cuda # where nvcc is", Some(Effect::Refused));
        check("ENV A=1 #b=2", Some(Effect::OwnNames));
        check("ENV A 1 # why", Some(Effect::InValue));
        check("ARG A=1 # why", Some(Effect::OwnNames));
        check("LABEL a=b # why", Some(Effect::Refused));
        check("WORKDIR /app # why", Some(Effect::InValue));
        check("ENV A=\"1 # 2\"", None);
        check("ENV A='x' \\\n  # why\n  B=2", None);
        check("ENV COLOR=#ff0000", None);
        check("ENV A \"1 # 2\"", None);
        check("# why\nENV A=1", None);
        check("RUN a # why", None);
    }
}
