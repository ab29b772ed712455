//! The health check calls a program that the image does not have.
//!
//! `curl` and `wget` are not in the images of `nvidia/cuda`, Ubuntu and Debian, nor in the slim images
//! of Python. A health check that calls a missing program fails always: Docker shows the container as
//! `unhealthy`, and an orchestrator restarts it for ever.
//!
//! See for yourself with `docker run --rm --entrypoint sh IMAGE -c 'command -v curl'`.
//!
//! Install the program in the last stage, or ask with what is there: `python3 -c "import urllib.request;
//! urllib.request.urlopen('http://localhost:8000/health')"`.

use super::{Diagnosis, Fix};
use crate::{
    once::once,
    Base, Dockerfile, Place, Recipe, Scene,
    dockerfile::{Kind, Packages, Words},
};
use serde::Serialize;

/// The health check calls a program that the image does not have.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("the health check calls `{program}`, which the image does not have")]
pub struct HealthcheckToolMissing {
    /// The program.
    pub program: String,
    /// The package that brings it.
    pub package: &'static str,
    /// Where it is called.
    pub place: Place,
}

/// Programs that base images lack, and the packages that bring them.
const TOOLS: [(&str, &[&str]); 6] = [
    ("curl", &["curl"]),
    ("jq", &["jq"]),
    ("nc", &["netcat-openbsd", "netcat", "netcat-traditional", "ncat"]),
    ("netcat", &["netcat-openbsd", "netcat", "netcat-traditional"]),
    ("pgrep", &["procps"]),
    ("wget", &["wget"]),
];

impl HealthcheckToolMissing {
    pub(super) const CODE: &str = "image/healthcheck-tool-missing";

    pub(super) fn find(scene: &Scene<'_>) -> Vec<Self> {
        let Some(file) = scene.dockerfile else { return of_spec(scene) };
        let mut found: Vec<Self> = Vec::new();
        for (stage, recipe) in scene.recipes.iter().enumerate() {
            if recipe.usage.is_none() || !lacks_tools(recipe) {
                continue;
            }
            let Some(check) = healthcheck(file, stage) else { continue };
            for command in &check.commands {
                let program = command.program();
                let Some((_, packages)) = TOOLS.iter().find(|(tool, _)| *tool == program) else {
                    continue;
                };
                let place = file.place(command.span.start);
                let is_new = found.iter().all(|found| found.place != place);
                if is_new && !may_have(file, stage, program, packages) {
                    let package = packages.first().copied().unwrap_or_default();
                    found.push(Self { program: program.to_owned(), package, place });
                }
            }
        }
        found
    }
}

/// In images of the specification, whose packages are all known.
fn of_spec(scene: &Scene<'_>) -> Vec<HealthcheckToolMissing> {
    once(scene.recipes.iter().filter(|recipe| lacks_tools(recipe)).filter_map(|recipe| {
        let check = recipe.healthcheck.as_ref()?;
        let mut words = check.value.iter().map(String::as_str);
        let program = words.find(|word| !matches!(*word, "CMD" | "CMD-SHELL"))?;
        let program = program.split_whitespace().next()?;
        let (_, packages) = TOOLS.iter().find(|(tool, _)| *tool == program)?;
        let is_there = recipe.apt.iter().any(|apt| packages.contains(&apt.value.name.as_str()));
        let package = packages.first().filter(|_| !is_there)?;
        let (program, place) = (program.to_owned(), check.place.clone());
        Some(HealthcheckToolMissing { program, package, place })
    }))
}

/// Whether the base is one that is known to have none of the tools.
fn lacks_tools(recipe: &Recipe) -> bool {
    match &recipe.base.value {
        Base::Cuda { tag, .. } => tag.os.starts_with("ubuntu"),
        Base::Other(reference) => {
            let tag = reference.tag.as_deref().unwrap_or_default();
            match reference.path.strip_prefix("library/").unwrap_or(&reference.path) {
                "ubuntu" | "debian" => true,
                "python" => tag.contains("slim"),
                _ => false,
            }
        }
        Base::Scratch | Base::Open(_) => false,
    }
}

/// The health check of a stage or the nearest one that it builds on.
fn healthcheck(file: &Dockerfile, stage: usize) -> Option<&Words> {
    let all = file.lineage(stage).flat_map(|stage| file.of_stage(stage).iter().rev());
    let mut checks = all.filter_map(|instruction| match &instruction.kind {
        Kind::Healthcheck(check, _) => Some(check.as_ref()),
        _ => None,
    });
    checks.next()?
}

/// Whether something puts the program into a stage, or might.
fn may_have(file: &Dockerfile, stage: usize, program: &str, packages: &[&str]) -> bool {
    let mut lineage: Vec<usize> = file.lineage(stage).collect();
    lineage.reverse();
    let mut has = false;
    for instruction in lineage.into_iter().flat_map(|stage| file.of_stage(stage)) {
        match &instruction.kind {
            Kind::Run(run) => {
                for command in &run.commands {
                    let texts = || command.argument_texts();
                    if let Some(found) = Packages::of(command) {
                        has |= found.packages.iter().any(|package| {
                            package.open || packages.contains(&package.name) || package.name.starts_with('/')
                        });
                    } else if command.is(&["apt-get", "apt", "dpkg"]) && command.has(&["purge", "remove"]) {
                        has &= !texts().any(|text| packages.contains(&text));
                    } else {
                        // Who calls it here has it; and a script, a link or another package manager
                        // may bring it.
                        has |= command.program() == program
                            || command.program().ends_with(".sh")
                            || command.is(&["xargs", "conda", "mamba", "micromamba"])
                            || command.is(&["ln", "cp", "mv", "install"])
                                && texts().any(|text| text.rsplit('/').next() == Some(program));
                    }
                }
            }
            Kind::Copy(copied) | Kind::Add(copied) => {
                let paths = copied.sources.iter().chain(std::iter::once(&copied.target));
                has |= paths.clone().any(|word| word.text.rsplit('/').next() == Some(program))
                    || copied.from().is_some()
                        && copied.sources.iter().any(|word| matches!(word.text.trim_end_matches('/'), "" | "/usr" | "/usr/bin" | "/bin"));
            }
            _ => {}
        }
    }
    has
}

impl Diagnosis for HealthcheckToolMissing {
    fn place(&self) -> Place {
        self.place.clone()
    }

    fn fixes(&self) -> Vec<Fix> {
        vec![Fix::by_hand(format!(
            "add `{}` to `apt-get install` in the last stage, or ask with Python",
            self.package
        ))]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scene::example;

    #[test]
    fn judges_specifications_too() {
        let check = |apt: &str, test: &str, expected: usize| {
            let text = format!(
                "[cuda]\nversion = '12.6'\nos = 'ubuntu22.04'\n[image.prod]\napt = [{apt}]\n\
                 healthcheck = {{ test = [{test}] }}\n"
            );
            let found = example::spec(&text, HealthcheckToolMissing::find);
            assert_eq!(found.len(), expected, "{apt}; {test}");
        };
        check("", "'curl', '-f', 'http://localhost'", 1);
        check("'curl'", "'curl', '-f', 'http://localhost'", 0);
        check("", "'altlas-selftest', '--quick'", 0);
    }

    #[test]
    fn knows_missing_tools() {
        let check = |text: &str, expected: &[&str]| {
            let found = example::dockerfile(text, HealthcheckToolMissing::find);
            let got: Vec<&str> = found.iter().map(|found| found.program.as_str()).collect();
            assert_eq!(got, expected, "{text}");
        };
        let cuda = "FROM nvidia/cuda:12.6.3-base-ubuntu22.04";
        let curl = "HEALTHCHECK --interval=5s CMD curl -f http://localhost || exit 1";
        check(&format!("{cuda}\n{curl}"), &["curl"]);
        check(&format!("{cuda} AS b\nRUN apt-get install -y curl\n{cuda}\n{curl}"), &["curl"]);
        check(&format!("{cuda}\nRUN apt-get install -y curl && apt-get purge -y curl\n{curl}"), &["curl"]);
        check("FROM python:3.11-slim\nHEALTHCHECK CMD [\"wget\", \"-q\", \"x\"]", &["wget"]);
        check(&format!("{cuda}\nRUN apt-get install -y curl\n{curl}"), &[]);
        check(&format!("{cuda} AS b\nRUN apt-get install -y curl\nFROM b\n{curl}"), &[]);
        check(&format!("{cuda}\nRUN apt-get install -y $TOOLS\n{curl}"), &[]);
        check(&format!("FROM python:3.11\n{curl}"), &[]);
        check(&format!("{cuda}\n{curl}\nHEALTHCHECK NONE"), &[]);
        check(&format!("{cuda}\nHEALTHCHECK CMD nvidia-smi"), &[]);
        check(&format!("{cuda}\nCOPY --from=x /usr/bin/curl /usr/bin/curl\n{curl}"), &[]);
    }
}
