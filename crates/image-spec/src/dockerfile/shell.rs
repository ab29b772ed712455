//! The commands of a shell script, as far as they can be known without running it.
//!
//! It is no shell: loops and conditions are passed through, each of their commands as if it ran once,
//! and what is computed stays as it is written. It never fails; a script that no shell would read
//! gives the words that were recognized.

mod scan;

use super::{Pair, Variables, Word, lines::Joined};
use std::ops::Range;

/// A command of a shell script.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ShellCommand {
    /// The program and its arguments, without `sudo`, `env`, `exec` and their like before it.
    pub(crate) words: Vec<Word>,
    /// The variables that are set for it, or set at all where there are no words.
    pub(crate) assignments: Vec<Pair>,
    /// Where its output and input go.
    pub(crate) redirects: Vec<Redirect>,
    /// Where it is written.
    pub(crate) span: Range<usize>,
    /// What joins it to the command before it.
    pub(crate) joined: Joint,
    /// Whether `sudo` stands before it.
    pub(crate) sudo: bool,
    /// Whether it is a condition, as behind `if` and `while`.
    pub(crate) condition: bool,
    /// Whether it runs only under a condition: inside of `if`, `case` or a loop, or behind `&&` and
    /// `||` of a condition.
    pub(crate) conditional: bool,
    /// Whether its failure is passed over: as a condition, with `|| …` behind it, or `;` behind it
    /// where the shell does not stop at the first failure.
    pub(crate) may_fail: bool,
}

/// Where a command's output goes or its input comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Redirect {
    /// `>`, `>>`, `<`, `2>`, `&>`, `<<` and so on.
    pub(crate) operator: String,
    /// The file.
    pub(crate) target: Word,
}

/// What joins a command to the one before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Joint {
    /// It is the first of its script.
    First,
    /// `&&`
    And,
    /// `||`
    Or,
    /// `;`, `&` or a new line.
    Then,
    /// `|`
    Pipe,
    /// It is inside of `$(…)` or backticks of the command behind it.
    Substituted,
}

impl ShellCommand {
    /// The name of the program without its folder; empty where there is none.
    pub(crate) fn program(&self) -> &str {
        let first = self.words.first().map_or("", |word| word.text.as_str());
        first.rsplit('/').next().unwrap_or_default()
    }

    /// The words behind the program.
    pub(crate) fn arguments(&self) -> &[Word] {
        self.words.get(1..).unwrap_or_default()
    }

    /// The texts of the words behind the program.
    pub(crate) fn argument_texts(&self) -> impl Iterator<Item = &str> {
        self.arguments().iter().map(|word| word.text.as_str())
    }

    /// Whether an argument is one of those.
    pub(crate) fn has(&self, arguments: &[&str]) -> bool {
        self.argument_texts().any(|text| arguments.contains(&text))
    }

    /// Whether the program has one of those names.
    pub(crate) fn is(&self, names: &[&str]) -> bool {
        names.contains(&self.program())
    }

    /// The value of a variable that is set for it.
    pub(crate) fn assigned(&self, name: &str) -> Option<&Word> {
        self.assignments.iter().find(|pair| pair.name.text == name)?.value.as_ref()
    }
}

/// The commands of a script.
pub(crate) fn commands(script: &Joined<'_>, known: &Variables) -> Vec<ShellCommand> {
    let mut found = Vec::new();
    scan::script(script, known, 0, &mut found);
    mark_failures(&mut found);
    found
}

/// The commands that start when these words are a program and its arguments.
pub(crate) fn of_words(
    words: Vec<Word>,
    span: Range<usize>,
    known: &Variables,
) -> Vec<ShellCommand> {
    let mut found = Vec::new();
    let command = ShellCommand {
        words,
        assignments: Vec::new(),
        redirects: Vec::new(),
        span,
        joined: Joint::First,
        sudo: false,
        condition: false,
        conditional: false,
        may_fail: false,
    };
    unwrap(command, known, 0, &mut found);
    mark_failures(&mut found);
    found
}

/// Scripts in scripts nest this deep at most.
const DEEPEST: usize = 12;

/// Takes off what only starts another program, and looks into `sh -c`.
fn unwrap(
    mut command: ShellCommand,
    known: &Variables,
    depth: usize,
    found: &mut Vec<ShellCommand>,
) {
    loop {
        let length = wrapper_length(&command);
        if length == 0 || length >= command.words.len() {
            break;
        }
        command.sudo |= command.program() == "sudo";
        let own = command.words.drain(..length).skip(1);
        for word in own {
            let is_assignment = word.text.split_once('=').is_some_and(|(name, _)| is_name(name));
            if let Some(pair) = is_assignment.then(|| assignment(&word)).flatten() {
                command.assignments.push(pair);
            }
        }
    }
    let script = inner_script(&command).cloned();
    let (joined, condition, conditional) = (command.joined, command.condition, command.conditional);
    found.push(command);
    let Some(script) = script.filter(|_| depth < DEEPEST) else { return };
    let start = found.len();
    scan::script(&Joined::word(&script.text, script.span.clone()), known, depth + 1, found);
    for inner in found.iter_mut().skip(start) {
        inner.condition |= condition;
        inner.conditional |= conditional;
    }
    if let Some(first) = found.get_mut(start) {
        first.joined = joined;
    }
}

/// The script behind `sh -c`.
fn inner_script(command: &ShellCommand) -> Option<&Word> {
    if !command.is(&["sh", "bash", "dash", "ash", "zsh"]) {
        return None;
    }
    let at = command.arguments().iter().position(|word| {
        word.text.strip_prefix('-').is_some_and(|flags| {
            flags.ends_with('c') && flags.bytes().all(|flag| flag.is_ascii_alphabetic())
        })
    })?;
    command.arguments().get(at + 1)
}

/// How many words at the front only start another program.
fn wrapper_length(command: &ShellCommand) -> usize {
    let words = &command.words;
    let program = command.program();
    // Options of these take a value.
    let valued: &[&str] = match program {
        "sudo" => &["-u", "-g", "-h", "-p", "-C", "--user", "--group"],
        "env" => &["-u", "-C", "--unset", "--chdir"],
        "nice" => &["-n"],
        "timeout" => &["-k", "-s"],
        "exec" | "command" | "builtin" | "time" | "nohup" | "eatmydata" | "gosu" | "retry" => &[],
        "conda" | "mamba" | "micromamba" if words.get(1).is_some_and(|word| word.text == "run") => {
            &["-n", "-p", "--name", "--prefix", "--cwd"]
        }
        _ => return 0,
    };
    let mut at = match program {
        "conda" | "mamba" | "micromamba" | "gosu" => 2,
        _ => 1,
    };
    while let Some(word) = words.get(at) {
        let text = word.text.as_str();
        if valued.contains(&text) {
            at += 2;
        } else if text.starts_with('-') && text.len() > 1 {
            at += 1;
            // `command -v x` asks whether there is an x; it starts nothing.
            if program == "command" {
                return 0;
            }
        } else if matches!(program, "env" | "sudo") && text.contains('=') {
            at += 1;
        } else {
            break;
        }
    }
    if program == "timeout" { at + 1 } else { at }
}

fn is_name(text: &str) -> bool {
    let mut bytes = text.bytes();
    bytes.next().is_some_and(|first| first.is_ascii_alphabetic() || first == b'_')
        && bytes.all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

fn assignment(word: &Word) -> Option<Pair> {
    let (name, value) = word.text.split_once('=')?;
    let middle = (word.span.start + name.len() + 1).min(word.span.end);
    Some(Pair {
        name: Word { text: name.to_owned(), span: word.span.start..middle, open: false },
        value: Some(Word { text: value.to_owned(), span: word.span.clone(), open: word.open }),
        written: value.to_owned(),
        old_form: false,
    })
}

/// A command may fail where `||` comes behind it, or behind the `&&` chain that it is in. `;` passes
/// over a failure unless `set -e` came before.
fn mark_failures(found: &mut [ShellCommand]) {
    let mut strict_from = None;
    for (index, command) in found.iter().enumerate() {
        let stops = |text: &str| {
            text.strip_prefix('-').is_some_and(|flags| flags.contains('e')) || text == "errexit"
        };
        if command.program() == "set" && command.argument_texts().any(stops) {
            strict_from = Some(strict_from.unwrap_or(index));
        }
    }
    let mut passed_over = false;
    for index in (0..found.len()).rev() {
        let strict = strict_from.is_some_and(|from| index > from);
        let Some(command) = found.get_mut(index) else { continue };
        command.may_fail = command.condition || passed_over;
        passed_over = match command.joined {
            Joint::Or => true,
            Joint::Then => !strict,
            Joint::And => passed_over,
            // A pipe fails with its last command.
            Joint::Pipe => true,
            Joint::First => false,
            Joint::Substituted => passed_over,
        };
    }
}
