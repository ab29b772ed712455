//! A variable is empty because its `ARG` stands above `FROM`.
//!
//! An `ARG` above the first `FROM` can be used in `FROM` lines only. Inside of a stage it is empty
//! until the stage says `ARG NAME` itself, and Docker says nothing: `torch==${TORCH}` becomes
//! `torch==`, and `/usr/local/cuda-${CUDA}` becomes `/usr/local/cuda-`.
//!
//! See for yourself with `RUN echo "[$NAME]"` in that stage.
//!
//! Write `ARG NAME` without a value behind `FROM`; it then has the value from above.

use super::{Diagnosis, Fix};
use crate::{
    Dockerfile, Place, Scene,
    dockerfile::{Instruction, Kind},
};
use serde::Serialize;
use std::collections::HashSet;

/// A variable is empty because its `ARG` stands above `FROM`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("`${name}` is empty in this stage: its `ARG` stands above `FROM`")]
pub struct ArgLostAfterFrom {
    /// The name.
    pub name: String,
    /// The stage: its name or number.
    pub stage: String,
    /// Where it is used first.
    pub place: Place,
}

/// Variables that base images set, so that they are not empty.
const SET_BY_BASES: [&str; 11] = [
    "CUDA_HOME", "CUDA_VERSION", "HOME", "HOSTNAME", "LANG", "LD_LIBRARY_PATH", "NVARCH", "PATH",
    "PYTHON_VERSION", "PYTORCH_VERSION", "USER",
];

impl ArgLostAfterFrom {
    pub(super) const CODE: &str = "image/arg-lost-after-from";

    pub(super) fn find(scene: &Scene<'_>) -> Vec<Self> {
        let Some(file) = scene.dockerfile else { return Vec::new() };
        let above = file.instructions.iter().take_while(|instruction| instruction.stage.is_none());
        let global: Vec<&str> = above.flat_map(|instruction| names(instruction)).collect();
        let is_lost = |name: &&str| !SET_BY_BASES.contains(name) && !name.starts_with("NV");
        let global: Vec<&str> = global.into_iter().filter(is_lost).collect();
        if global.is_empty() {
            return Vec::new();
        }
        let mut found = Vec::new();
        let mut ends: Vec<HashSet<&str>> = Vec::new();
        for (index, stage) in file.stages.iter().enumerate() {
            let inherited = stage.parent.and_then(|parent| ends.get(parent)).cloned();
            let mut declared = inherited.unwrap_or_default();
            let mut told: HashSet<&str> = HashSet::new();
            for instruction in file.of_stage(index) {
                for name in &global {
                    if declared.contains(name) || told.contains(name) {
                        continue;
                    }
                    let Some(at) = used_at(file, instruction, name) else { continue };
                    told.insert(name);
                    found.push(Self {
                        name: (*name).to_owned(),
                        stage: stage.name.clone().unwrap_or_else(|| index.to_string()),
                        place: file.place(at),
                    });
                }
                declared.extend(names(instruction));
            }
            ends.push(declared);
        }
        found
    }
}

/// The names that an instruction declares.
fn names(instruction: &Instruction) -> Vec<&str> {
    match &instruction.kind {
        Kind::Arg(pairs) | Kind::Env(pairs) => {
            pairs.iter().map(|pair| pair.name.text.as_str()).collect()
        }
        _ => Vec::new(),
    }
}

/// Where an instruction uses a variable that is set nowhere.
fn used_at(file: &Dockerfile, instruction: &Instruction, name: &str) -> Option<usize> {
    // JSON arrays are taken as they are, but for `COPY` and `ADD`, where it is rare.
    let is_shell = match &instruction.kind {
        Kind::Run(run) => !run.exec,
        Kind::Env(_) | Kind::Label(_) | Kind::Copy(_) | Kind::Add(_) | Kind::Workdir(_)
        | Kind::User(_) | Kind::Expose(_) | Kind::Volume(_) => true,
        _ => false,
    };
    let text = file.text.get(instruction.span.clone()).filter(|_| is_shell)?;
    if !text.contains(name) {
        return None;
    }
    // A shell may set it itself, in one of many ways.
    let sets = [format!("{name}="), format!("for {name} "), format!("read {name}"), format!("export {name}")];
    if matches!(instruction.kind, Kind::Run(_)) && sets.iter().any(|set| text.contains(set.as_str())) {
        return None;
    }
    let mut line_start = 0;
    for line in text.split_inclusive('\n') {
        if !line.trim_start().starts_with('#') && let Some(at) = used_in(line, name) {
            return Some(instruction.span.start + line_start + at);
        }
        line_start += line.len();
    }
    None
}

/// `$NAME` or `${NAME}` outside of single quotes. `${NAME:-…}` has a value of its own.
fn used_in(line: &str, name: &str) -> Option<usize> {
    let mut single = false;
    let mut double = false;
    let mut escaped = false;
    for (at, byte) in line.bytes().enumerate() {
        if std::mem::take(&mut escaped) {
            continue;
        }
        match byte {
            b'\\' if !single => escaped = true,
            b'\'' if !double => single = !single,
            b'"' if !single => double = !double,
            b'$' if !single => {
                let rest = line.get(at + 1..)?;
                let braced = rest.strip_prefix('{');
                let Some(behind) = braced.unwrap_or(rest).strip_prefix(name) else { continue };
                let next = behind.bytes().next();
                let ends = match braced {
                    Some(_) => next == Some(b'}'),
                    None => !next.is_some_and(|next| next.is_ascii_alphanumeric() || next == b'_'),
                };
                if ends {
                    return Some(at);
                }
            }
            _ => {}
        }
    }
    None
}

impl Diagnosis for ArgLostAfterFrom {
    fn place(&self) -> Place {
        self.place.clone()
    }

    fn fixes(&self) -> Vec<Fix> {
        let name = &self.name;
        vec![Fix::by_hand(format!("write `ARG {name}` behind the `FROM` of this stage"))]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scene::example;

    #[test]
    fn knows_what_is_lost() {
        let check = |text: &str, expected: &[&str]| {
            let found = example::dockerfile(text, ArgLostAfterFrom::find);
            let got: Vec<&str> = found.iter().map(|found| found.name.as_str()).collect();
            assert_eq!(got, expected, "{text}");
        };
        check("ARG T=1\nFROM a\nRUN pip install torch==${T} && echo $T", &["T"]);
        check("ARG T=1\nFROM a\nENV X=$T\nFROM a\nARG T\nRUN echo $T", &["T"]);
        check("ARG T=1\nFROM a:$T\nARG T\nRUN echo $T", &[]);
        check("ARG T=1\nFROM a AS b\nARG T\nFROM b\nRUN echo $T", &[]);
        check("ARG T=1\nFROM a\nRUN T=2 && echo $T", &[]);
        check("ARG T=1\nFROM a\nRUN echo '$T' \\$T $TX ${T:-2}", &[]);
        check("ARG T=1\nFROM a\nRUN a \\\n  # $T\n  b", &[]);
        check("ARG CUDA_VERSION=12.6.3\nFROM nvidia/cuda:${CUDA_VERSION}-base-ubuntu22.04\nRUN echo $CUDA_VERSION", &[]);
        check("ARG T=1\nFROM a\nCMD echo $T", &[]);
    }
}
