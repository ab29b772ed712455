//! Every span is a stretch of the text: what tests and the fuzz target hold the reader to.

use super::{Dockerfile, Instruction, Kind, ShellCommand, Word};
use std::ops::Range;

/// Stops where a span is not.
pub(crate) fn are_inside(file: &Dockerfile) {
    let inside = |span: &Range<usize>| {
        assert!(file.text.get(span.clone()).is_some(), "{span:?} is not in the text");
    };
    for instruction in &file.instructions {
        inside(&instruction.span);
        each(instruction, &inside);
    }
    for ignore in &file.ignores.list {
        assert_eq!(file.text.get(ignore.span.clone()), Some(ignore.code.as_str()));
    }
}

fn each(instruction: &Instruction, inside: &impl Fn(&Range<usize>)) {
    let words = |words: &[Word]| words.iter().for_each(|word| inside(&word.span));
    let commands = |commands: &[ShellCommand]| {
        for command in commands {
            inside(&command.span);
            words(&command.words);
            for pair in &command.assignments {
                inside(&pair.name.span);
            }
        }
    };
    match &instruction.kind {
        Kind::From(from) => {
            inside(&from.image.span);
            from.name.iter().for_each(|name| inside(&name.span));
            from.flags.iter().for_each(|flag| inside(&flag.span));
        }
        Kind::Run(run) => {
            commands(&run.commands);
            run.flags.iter().for_each(|flag| inside(&flag.span));
            run.heredocs.iter().for_each(|heredoc| inside(&heredoc.span));
        }
        Kind::Env(pairs) | Kind::Arg(pairs) | Kind::Label(pairs) => {
            for pair in pairs {
                inside(&pair.name.span);
                pair.value.iter().for_each(|value| inside(&value.span));
            }
        }
        Kind::Copy(copied) | Kind::Add(copied) => {
            words(&copied.sources);
            inside(&copied.target.span);
            copied.flags.iter().filter_map(|flag| flag.value.as_ref()).for_each(|value| {
                inside(&value.span);
            });
        }
        Kind::Cmd(program) | Kind::Entrypoint(program) => {
            words(&program.words);
            commands(&program.commands);
        }
        Kind::Healthcheck(program, _) => program.iter().for_each(|program| {
            words(&program.words);
            commands(&program.commands);
        }),
        Kind::Shell(list) | Kind::Expose(list) | Kind::Volume(list) => words(list),
        Kind::User(word)
        | Kind::Workdir(word)
        | Kind::Stopsignal(word)
        | Kind::Maintainer(word) => {
            inside(&word.span);
        }
        Kind::Onbuild(inner) => each(inner, inside),
        Kind::NotRead => {}
    }
}
