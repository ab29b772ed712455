//! How much a Dockerfile holds. Checks compare commands with each other and stages inherit what is
//! above them, so that a file of a million bytes that nobody wrote by hand would take minutes.

use super::{Dockerfile, Kind, ShellCommand};

/// Words of all instructions: the largest Dockerfiles that people wrote have under two thousand.
const MOST_WORDS: usize = 8_000;
/// Commands in `RUN`.
const MOST_COMMANDS: usize = 2_500;
/// Words of all stages, each with those of the stages that it builds on.
const MOST_INHERITED: usize = 80_000;
/// Stages.
const MOST_STAGES: usize = 500;
/// Comments that pass over findings.
const MOST_IGNORES: usize = 1_000;

impl Dockerfile {
    /// Why it is not judged: it holds more than anybody writes by hand. `None` where it does not.
    pub fn too_large(&self) -> Option<String> {
        let words: Vec<usize> =
            self.instructions.iter().map(|instruction| words(&instruction.kind)).collect();
        let commands = self.runs().map(|(_, run)| run.commands.len()).sum();
        let mut through: Vec<usize> = Vec::with_capacity(self.stages.len());
        for stage in &self.stages {
            let own: usize = words.get(stage.instructions.clone()).unwrap_or_default().iter().sum();
            let above = stage.parent.and_then(|parent| through.get(parent)).copied();
            through.push(1 + own + above.unwrap_or_default());
        }
        let all = [
            (self.stages.len(), MOST_STAGES, "stages"),
            (commands, MOST_COMMANDS, "commands"),
            (words.iter().sum(), MOST_WORDS, "words"),
            (through.iter().sum(), MOST_INHERITED, "words in stages that build on one another"),
            (self.ignores.list.len(), MOST_IGNORES, "comments that pass over findings"),
        ];
        let (count, most, what) = all.into_iter().find(|(count, most, _)| count > most)?;
        Some(format!("too large: it holds {count} {what}, and at most {most} are judged"))
    }
}

fn words(kind: &Kind) -> usize {
    let of = |commands: &[ShellCommand]| {
        commands
            .iter()
            .map(|it| 1 + it.words.len() + it.assignments.len() + it.redirects.len())
            .sum::<usize>()
    };
    1 + match kind {
        Kind::Run(run) => of(&run.commands) + run.flags.len() + run.heredocs.len(),
        Kind::Env(pairs) | Kind::Arg(pairs) | Kind::Label(pairs) => pairs.len(),
        Kind::Copy(copied) | Kind::Add(copied) => copied.sources.len() + copied.flags.len(),
        Kind::Cmd(program) | Kind::Entrypoint(program) => of(&program.commands),
        Kind::Healthcheck(program, _) => program.iter().map(|it| of(&it.commands)).sum(),
        Kind::Onbuild(inner) => words(&inner.kind),
        Kind::Shell(list) | Kind::Expose(list) | Kind::Volume(list) => list.len(),
        Kind::From(_)
        | Kind::User(_)
        | Kind::Workdir(_)
        | Kind::Stopsignal(_)
        | Kind::Maintainer(_)
        | Kind::NotRead => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{fmt::Write, path::Path};

    #[test]
    fn knows_what_nobody_wrote() {
        let check = |text: &str, expected: Option<&str>| {
            let text = format!("FROM nvidia/cuda:12.6.3-base-ubuntu22.04 AS s0\n{text}");
            let got = Dockerfile::parse(Path::new("D"), text.as_bytes()).unwrap().too_large();
            assert_eq!(got.is_some(), expected.is_some(), "{got:?}");
            assert!(got.unwrap_or_default().contains(expected.unwrap_or_default()));
        };
        check(&format!("RUN {}", "a|".repeat(1_000)), None);
        check(&format!("RUN {}a", "a|".repeat(30_000)), Some("30001 commands"));
        check(&"RUN pip install torch\n".repeat(1_000), None);
        check(&"RUN pip install torch\n".repeat(10_000), Some("10000 commands"));
        check(&format!("RUN pip install {}", "a ".repeat(10_000)), Some("words"));
        check(&"ENV A$B=$A$A\n".repeat(10_000), Some("words"));
        check(&"# altlas ignore=a\n".repeat(1_001), Some("comments"));
        let chain = |count: usize, body: &str| {
            (1..count).fold(String::new(), |mut text, stage| {
                let _ = writeln!(text, "FROM s{} AS s{stage}\n{body}", stage - 1);
                text
            })
        };
        check(&chain(100, "COPY --from=s0 /a /a"), None);
        check(&chain(400, "RUN a b"), Some("build on one another"));
        check(&chain(20_000, "COPY --from=s0 /a /a"), Some("20000 stages"));
    }
}
