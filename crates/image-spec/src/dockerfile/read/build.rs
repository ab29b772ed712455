//! From lines to typed instructions and stages.

mod flags;

use super::{DockerfileError, Logical, Source};
use crate::dockerfile::{
    Copied, Flag, From, HereDoc, Instruction, Kind, Pair, Run, Stage, Variables, Word,
    instruction::Words as Program,
    lines::Joined,
    shell,
    words::{Words, Wrong},
};
use flags::{check_flags, unknown};
use std::{collections::HashMap, ops::Range};

/// What a file holds.
#[derive(Debug, Default)]
pub(in crate::dockerfile) struct Built {
    pub(in crate::dockerfile) instructions: Vec<Instruction>,
    pub(in crate::dockerfile) stages: Vec<Stage>,
}

/// What is known at a place of the file.
struct State {
    /// The arguments before the first stage.
    global: Variables,
    /// What is known in this stage.
    known: Variables,
    /// What was known at the end of each stage before.
    ended: Vec<Variables>,
    /// The last stage of each name.
    named: HashMap<String, usize>,
    /// Whether the shell of this stage is one of Unix.
    unix: bool,
}

/// Reads all instructions.
pub(in crate::dockerfile) fn build(
    source: &Source<'_>,
    lines: Vec<Logical<'_>>,
    escape: char,
) -> Result<Built, DockerfileError> {
    let mut built = Built::default();
    let global = Variables::above_stages();
    let known = global.emptied();
    let mut state = State { global, known, ended: Vec::new(), named: HashMap::new(), unix: true };
    for logical in lines {
        let (span, line) = (logical.span, logical.line);
        let all = 0..line.text.len();
        let kind = {
            let words = Words { line: &line, escape, known: &state.known };
            let mut rest = words.trimmed(all.clone());
            let name = keyword(&words, &mut rest);
            let outside = built.stages.is_empty();
            if outside
                && !matches!(name.as_str(), "FROM" | "ARG")
                && super::super::is_keyword(&name)
            {
                let reason = format!("`{name}` stands before the first `FROM`");
                return Err(source.wrong(span.start, reason));
            }
            // Before the first stage, and in `FROM`, only the arguments above all stages count.
            let known = if outside || name == "FROM" { &state.global } else { &state.known };
            let words = Words { line: &line, escape, known };
            kind(&words, &name, rest, logical.heredocs, state.unix).map_err(|(at, reason)| {
                source.wrong(line.span(at..at + 1).start.min(source.text.len()), reason)
            })?
        };
        if let Kind::From(from) = &kind {
            begin(from, &mut built, &mut state);
        }
        remember(&kind, built.stages.is_empty(), &mut state);
        let stage = built.stages.len().checked_sub(1);
        built.instructions.push(Instruction { kind, span, stage });
        if let Some(stage) = built.stages.last_mut() {
            stage.instructions.end = built.instructions.len();
        }
    }
    if built.stages.is_empty() {
        let reason = if built.instructions.is_empty() {
            "it holds no instruction"
        } else {
            "it holds no `FROM`"
        };
        return Err(source.wrong(0, reason));
    }
    Ok(built)
}

/// Begins a stage.
fn begin(from: &From, built: &mut Built, state: &mut State) {
    if !built.stages.is_empty() {
        // Arguments go on in stages that build on this one, as variables do.
        state.ended.push(state.known.clone());
    }
    let image = from.image.text.to_lowercase();
    let parent = state.named.get(&image).copied().filter(|_| !from.image.open);
    state.known = match parent.and_then(|parent| state.ended.get(parent)) {
        Some(ended) => ended.clone(),
        None => state.known.emptied(),
    };
    state.unix = true;
    let index = built.instructions.len();
    if let Some(name) = &from.name {
        state.named.insert(name.text.clone(), built.stages.len());
    }
    built.stages.push(Stage {
        name: from.name.as_ref().map(|name| name.text.clone()),
        parent,
        from: index,
        instructions: index + 1..index + 1,
    });
}

/// What an instruction changes for those below it.
fn remember(kind: &Kind, outside: bool, state: &mut State) {
    match kind {
        Kind::Arg(pairs) if outside => {
            for pair in pairs {
                state.global.set_arg(&pair.name.text, pair.value.as_ref());
            }
        }
        Kind::Arg(pairs) => {
            for pair in pairs {
                match &pair.value {
                    Some(value) => state.known.set_arg(&pair.name.text, Some(value)),
                    None => state.known.take_arg(&pair.name.text, &state.global),
                }
            }
        }
        Kind::Env(pairs) => {
            for pair in pairs.iter().filter(|pair| pair.value.is_some()) {
                state.known.set_env(&pair.name.text, pair.value.as_ref());
            }
        }
        Kind::Shell(words) => {
            let program = words.first().map_or("", |word| word.text.as_str());
            let program = program.rsplit(['/', '\\']).next().unwrap_or_default();
            state.unix = !["powershell", "powershell.exe", "pwsh", "cmd", "cmd.exe"]
                .contains(&program.to_ascii_lowercase().as_str());
        }
        _ => {}
    }
}

/// The first word in upper case; `rest` is then what comes behind it.
pub(super) fn keyword(words: &Words<'_>, rest: &mut Range<usize>) -> String {
    let raw = words.raw(rest.clone());
    let end = raw.find([' ', '\t', '\u{b}', '\u{c}', '\r']).unwrap_or(raw.len());
    let name = raw.get(..end).unwrap_or_default().to_ascii_uppercase();
    *rest = words.trimmed(rest.start + end..rest.end);
    name
}

fn kind(
    words: &Words<'_>,
    name: &str,
    rest: Range<usize>,
    heredocs: Vec<HereDoc>,
    unix: bool,
) -> Result<Kind, Wrong> {
    let start = rest.start.saturating_sub(name.len() + 1);
    let needs = |what: &str| Err((start, format!("`{name}` needs {what}")));
    let nothing = words.known.emptied();
    let known = if name == "HEALTHCHECK" { &nothing } else { words.known };
    // In the flags of `HEALTHCHECK` no variable is replaced.
    let (flags, rest) = Words { known, ..*words }.flags(rest);
    check_flags(words, name, &flags, start)?;
    let raw = words.raw(rest.clone());
    let is_empty = raw.is_empty();
    let program = |range: Range<usize>| program(words, range, unix);
    Ok(match name {
        "FROM" => Kind::From(from(words, rest, flags, start)?),
        "RUN" => Kind::Run(run(words, rest, flags, heredocs, unix)?),
        "ENV" | "LABEL" => {
            let (mut pairs, stray) = words.pairs(rest)?;
            if pairs.is_empty() {
                return needs("a name and a value");
            }
            // `ENV A=1 # why` has a check of its own, which says what to do.
            if let Some(word) = stray.first().filter(|word| !word.text.starts_with('#')) {
                let reason = format!("`{}` is not of the form `name=value`", word.text);
                return Err((start, reason));
            }
            pairs.extend(stray.into_iter().map(Pair::of_stray));
            if name == "ENV" { Kind::Env(pairs) } else { Kind::Label(pairs) }
        }
        "ARG" if is_empty => return needs("a name"),
        "ARG" => Kind::Arg(words.arguments(rest)?),
        "COPY" | "ADD" => {
            let copied = copied(words, rest, flags, heredocs)?;
            let Some(copied) = copied else { return needs("what is copied and where it goes") };
            if name == "COPY" { Kind::Copy(copied) } else { Kind::Add(copied) }
        }
        "CMD" => Kind::Cmd(program(rest)?),
        "ENTRYPOINT" => Kind::Entrypoint(program(rest)?),
        "HEALTHCHECK" => healthcheck(words, rest, flags, unix, start)?,
        "USER" if is_empty => return needs("a user"),
        "USER" => Kind::User(words.word(rest)),
        "WORKDIR" if is_empty => return needs("a folder"),
        "WORKDIR" => Kind::Workdir(words.word(rest)),
        "SHELL" => match words.json(rest)? {
            Some(list) if !list.is_empty() => Kind::Shell(list),
            _ => return needs("a JSON array, such as `[\"/bin/bash\", \"-c\"]`"),
        },
        "EXPOSE" if is_empty => return needs("a port"),
        "EXPOSE" => Kind::Expose(list(words, rest)),
        "VOLUME" => {
            let found = match words.json(rest.clone())? {
                Some(found) => found,
                None => list(words, rest),
            };
            if found.is_empty() || found.iter().any(|word| word.text.is_empty()) {
                return needs("a folder");
            }
            Kind::Volume(found)
        }
        "STOPSIGNAL" if is_empty => return needs("a signal"),
        "STOPSIGNAL" => Kind::Stopsignal(words.word(rest)),
        "MAINTAINER" if is_empty => return needs("a name"),
        "MAINTAINER" => Kind::Maintainer(words.literal(rest)),
        "ONBUILD" => onbuild(words, rest, heredocs, unix, start)?,
        _ => return Err((start, unknown(name))),
    })
}

fn list(words: &Words<'_>, range: Range<usize>) -> Vec<Word> {
    words.split(range).into_iter().map(|word| words.word(word)).collect()
}

fn from(
    words: &Words<'_>,
    rest: Range<usize>,
    flags: Vec<Flag>,
    start: usize,
) -> Result<From, Wrong> {
    let parts = words.split(rest);
    let (image, name) = match parts.as_slice() {
        [image] => (image, None),
        [image, between, name] if words.raw(between.clone()).eq_ignore_ascii_case("as") => {
            (image, Some(name))
        }
        _ => {
            return Err((
                start,
                "`FROM` is written `FROM image` or `FROM image AS name`".to_owned(),
            ));
        }
    };
    let name = match name {
        Some(range) => {
            let mut name = words.literal(range.clone());
            name.text = name.text.to_lowercase();
            if !is_stage_name(&name.text) {
                let reason = format!(
                    "`{}` is no name for a stage: it begins with a letter, then come letters, digits, \
                     `-`, `_` and `.`",
                    name.text
                );
                return Err((range.start, reason));
            }
            Some(name)
        }
        None => None,
    };
    Ok(From {
        flags,
        written: words.raw(image.clone()).to_owned(),
        image: words.word(image.clone()),
        name,
    })
}

fn is_stage_name(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_lowercase())
        && name.bytes().all(|byte| {
            byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-_.".contains(&byte)
        })
}

fn run(
    words: &Words<'_>,
    rest: Range<usize>,
    flags: Vec<Flag>,
    heredocs: Vec<HereDoc>,
    unix: bool,
) -> Result<Run, Wrong> {
    if let Some(list) = words.json(rest.clone())? {
        let texts: Vec<&str> = list.iter().map(|word| word.text.as_str()).collect();
        let text = texts.join(" ");
        let span = words.line.span(rest);
        let commands = shell::of_words(list, span, words.known);
        return Ok(Run { flags, commands, text, heredocs, exec: true });
    }
    let raw = words.raw(rest.clone());
    let mut text = raw.to_owned();
    for heredoc in &heredocs {
        text.push('\n');
        text.push_str(&heredoc.text);
    }
    let mut commands = Vec::new();
    if unix {
        let is_script = super::heredoc(raw).is_some() && heredocs.len() == 1;
        let line = words.line.part(rest).map(|line| shell::commands(&line, words.known));
        let line = line.unwrap_or_default();
        // A here-document alone is the script; before `bash` it is what `bash` reads.
        let is_read = line.last().is_some_and(|last| {
            last.is(&["sh", "bash", "dash", "ash"])
                && last.argument_texts().all(|text| text.starts_with(['-', '+']))
        });
        if !is_script {
            commands = line;
        }
        let script = heredocs.first().filter(|_| is_script || is_read);
        if let Some(script) = script.filter(|script| is_shell_script(&script.text)) {
            let joined = Joined::plain(&script.text, script.span.start);
            commands.extend(shell::commands(&joined, words.known));
        }
    }
    Ok(Run { flags, commands, text, heredocs, exec: false })
}

/// Whether a script has no first line that names another program than a shell.
fn is_shell_script(text: &str) -> bool {
    let first = text.lines().next().unwrap_or_default();
    first.strip_prefix("#!").is_none_or(|program| program.contains("sh"))
}

fn program(words: &Words<'_>, rest: Range<usize>, unix: bool) -> Result<Program, Wrong> {
    let span = words.line.span(rest.clone());
    if let Some(list) = words.json(rest.clone())? {
        let commands = shell::of_words(list.clone(), span.clone(), words.known);
        return Ok(Program { words: list, commands, exec: true, span });
    }
    let line = words.line.part(rest).filter(|_| unix);
    let commands = line.map(|line| shell::commands(&line, words.known)).unwrap_or_default();
    let first = commands.iter().find(|command| !command.words.is_empty());
    let list = first.map(|command| command.words.clone()).unwrap_or_default();
    Ok(Program { words: list, commands, exec: false, span })
}

fn copied(
    words: &Words<'_>,
    rest: Range<usize>,
    flags: Vec<Flag>,
    heredocs: Vec<HereDoc>,
) -> Result<Option<Copied>, Wrong> {
    let mut all = match words.json(rest.clone())? {
        Some(all) => all,
        None => list(words, rest),
    };
    let Some(target) = all.pop().filter(|_| !all.is_empty()) else { return Ok(None) };
    if !heredocs.is_empty() {
        all.retain(|word| !word.text.contains("<<"));
    }
    Ok(Some(Copied { flags, sources: all, target, heredocs }))
}

fn healthcheck(
    words: &Words<'_>,
    rest: Range<usize>,
    flags: Vec<Flag>,
    unix: bool,
    start: usize,
) -> Result<Kind, Wrong> {
    let mut rest = rest;
    match keyword(words, &mut rest).as_str() {
        "NONE" if rest.is_empty() => Ok(Kind::Healthcheck(None, flags)),
        "NONE" => Err((rest.start, "`HEALTHCHECK NONE` takes nothing behind it".to_owned())),
        "CMD" if rest.is_empty() => Err((start, "`HEALTHCHECK CMD` needs a command".to_owned())),
        "CMD" => Ok(Kind::Healthcheck(Some(program(words, rest, unix)?), flags)),
        _ => Err((start, "`HEALTHCHECK` needs `CMD` with a command, or `NONE`".to_owned())),
    }
}

fn onbuild(
    words: &Words<'_>,
    rest: Range<usize>,
    heredocs: Vec<HereDoc>,
    unix: bool,
    start: usize,
) -> Result<Kind, Wrong> {
    let mut rest = rest;
    let name = keyword(words, &mut rest);
    match name.as_str() {
        "" => return Err((start, "`ONBUILD` needs an instruction".to_owned())),
        "ONBUILD" | "FROM" | "MAINTAINER" => {
            return Err((start, format!("`ONBUILD {name}` is not allowed")));
        }
        _ => {}
    }
    let span = words.line.span(0..words.line.text.len());
    // BuildKit reads it only when another image builds on this one.
    let kind = match super::super::is_keyword(&name) {
        true => kind(words, &name, rest, heredocs, unix)?,
        false => Kind::NotRead,
    };
    Ok(Kind::Onbuild(Box::new(Instruction { kind, span, stage: None })))
}
