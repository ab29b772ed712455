//! The instructions of a Dockerfile. Every span is a stretch of the file's text in bytes.

use super::{Joint, Pip, ShellCommand};
use std::ops::Range;

/// A word.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Word {
    /// Its value: without quotes, and with the variables replaced whose values are known.
    pub(crate) text: String,
    /// Where it is written.
    pub(crate) span: Range<usize>,
    /// Whether a variable or a substitution is left in it, of which the value is not known.
    pub(crate) open: bool,
}

/// `NAME=value` of `ENV`, `ARG` and `LABEL`, and before a command of a shell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Pair {
    /// The name.
    pub(crate) name: Word,
    /// The value; `None` for an `ARG` without a default, and in `ENV` and `LABEL` for a word of a
    /// comment that is none, as in `ENV A=1 # why`: Docker refuses it.
    pub(crate) value: Option<Word>,
    /// The value as it is written, with its quotes and variables.
    pub(crate) written: String,
    /// Whether it is written in the old form `NAME value`.
    pub(crate) old_form: bool,
}

impl Pair {
    pub(super) fn of_stray(name: Word) -> Self {
        Self { name, value: None, written: String::new(), old_form: false }
    }
}

/// `--name=value`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Flag {
    /// The name without its dashes.
    pub(crate) name: String,
    /// The value; `None` for a switch.
    pub(crate) value: Option<Word>,
    /// Where it is written.
    pub(crate) span: Range<usize>,
}

impl Flag {
    /// The value's text, or nothing.
    pub(crate) fn text(&self) -> &str {
        self.value.as_ref().map_or("", |value| &value.text)
    }
}

/// A here-document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct HereDoc {
    /// The word that ends it.
    pub(crate) name: String,
    /// Its text.
    pub(crate) text: String,
    /// Where the text is written.
    pub(crate) span: Range<usize>,
    /// Whether variables in it are replaced.
    pub(crate) expand: bool,
}

/// An instruction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Instruction {
    /// What it says.
    pub(crate) kind: Kind,
    /// Where it is written, with its here-documents.
    pub(crate) span: Range<usize>,
    /// The stage that it belongs to; `None` before the first `FROM`.
    pub(crate) stage: Option<usize>,
}

/// What an instruction says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Kind {
    From(From),
    Run(Run),
    Env(Vec<Pair>),
    Arg(Vec<Pair>),
    Label(Vec<Pair>),
    Copy(Copied),
    Add(Copied),
    Cmd(Words),
    Entrypoint(Words),
    /// `None` for `HEALTHCHECK NONE`.
    Healthcheck(Option<Words>, Vec<Flag>),
    User(Word),
    Workdir(Word),
    Shell(Vec<Word>),
    Expose(Vec<Word>),
    Volume(Vec<Word>),
    Stopsignal(Word),
    Maintainer(Word),
    Onbuild(Box<Instruction>),
    /// What stands behind `ONBUILD` and is no instruction.
    NotRead,
}

/// `FROM`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct From {
    pub(crate) flags: Vec<Flag>,
    /// The image or stage; `open` where it is not known before the build.
    pub(crate) image: Word,
    /// The image as it is written, with its variables.
    pub(crate) written: String,
    /// The name behind `AS`, in lower case.
    pub(crate) name: Option<Word>,
}

/// `RUN`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Run {
    pub(crate) flags: Vec<Flag>,
    /// The commands in their order, with those inside of subshells, substitutions and `sh -c`. Empty
    /// where the shell is none of Unix.
    pub(crate) commands: Vec<ShellCommand>,
    /// The text that the shell gets, without continuations, and the here-documents behind it.
    pub(crate) text: String,
    pub(crate) heredocs: Vec<HereDoc>,
    /// Whether it is a JSON array, which no shell reads.
    pub(crate) exec: bool,
}

impl Run {
    /// The mounts, each with its options: `type`, `target` and so on.
    pub(crate) fn mounts(&self) -> impl Iterator<Item = Vec<(&str, &str)>> {
        self.flags.iter().filter(|flag| flag.name == "mount").map(|flag| {
            let options = flag.text().split(',');
            options.map(|option| option.split_once('=').unwrap_or((option, ""))).collect()
        })
    }

    /// Whether a cache is mounted at that folder or above it.
    pub(crate) fn has_cache_at(&self, folder: &str) -> bool {
        self.mounts().any(|options| {
            let get = |names: &[&str]| {
                let found = options.iter().find(|(name, _)| names.contains(name));
                found.map(|(_, value)| value.trim_end_matches('/'))
            };
            let is_below = |target: &str| {
                folder
                    .strip_prefix(target)
                    .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
            };
            get(&["type"]) == Some("cache")
                && get(&["target", "dst", "destination"]).is_some_and(is_below)
        })
    }

    /// Whether somebody thought of a failure of the command at `index`: it is a condition, stands
    /// under one, or `||` comes behind it.
    pub(crate) fn is_guarded(&self, index: usize) -> bool {
        let behind = self.commands.get(index + 1..).unwrap_or_default();
        let chained = behind.iter().map(|command| command.joined);
        let mut chained = chained.skip_while(|joined| matches!(joined, Joint::And | Joint::Pipe));
        self.commands.get(index).is_some_and(|command| command.condition || command.conditional)
            || chained.next() == Some(Joint::Or)
    }

    /// The `pip install`, `uv pip install` and their like, with the command of each.
    pub(crate) fn pip(&self) -> impl Iterator<Item = (&ShellCommand, Pip<'_>)> {
        self.commands.iter().filter_map(|command| Some((command, Pip::of(command)?)))
    }
}

/// `COPY` and `ADD`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Copied {
    pub(crate) flags: Vec<Flag>,
    /// What is copied; here-documents are not in it.
    pub(crate) sources: Vec<Word>,
    pub(crate) target: Word,
    pub(crate) heredocs: Vec<HereDoc>,
}

impl Copied {
    /// The stage or image behind `--from=`.
    pub(crate) fn from(&self) -> Option<&Word> {
        self.flags.iter().find(|flag| flag.name == "from")?.value.as_ref()
    }
}

/// The words of a program and its arguments.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Words {
    /// The words: of the JSON array, or of the first command where a shell reads it.
    pub(crate) words: Vec<Word>,
    /// All commands that run where a shell reads it, or for `["sh", "-c", "…"]`.
    pub(crate) commands: Vec<ShellCommand>,
    /// Whether it is a JSON array, which no shell reads.
    pub(crate) exec: bool,
    pub(crate) span: Range<usize>,
}
