//! A shell or a tool is called in an image that holds no programs.
//!
//! `scratch`, `gcr.io/distroless/…` and the static images of Chainguard hold libraries at most: no shell, no package
//! manager, no `curl`. Docker gives `RUN`, `CMD`, `ENTRYPOINT` and the command of `HEALTHCHECK` to `/bin/sh -c` where
//! they are not written as JSON, so that the build or the container ends with `exec: "/bin/sh": stat /bin/sh: no
//! such file or directory`, and a health check never passes.
//!
//! See for yourself with `docker run --rm --entrypoint /bin/sh BASE`.
//!
//! Do the work in the stage before and copy its result; write what runs as JSON, `CMD ["/app"]`; let the program
//! itself be the health check, `HEALTHCHECK CMD ["/app", "--health"]`.

use super::{Diagnosis, Fix};
use crate::{Base, Place, Scene};
use crate::dockerfile::{Copied, Kind, Words};
use crate::written::{History, histories, once};
use serde::Serialize;

/// A shell or a tool is called in an image that holds no programs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("`{instruction}` needs `{program}`, and `{base}` has no such program")]
pub struct NoShellInBase {
    /// The instruction.
    pub instruction: &'static str,
    /// What it needs.
    pub program: String,
    /// The base.
    pub base: String,
    /// Where it is written.
    pub place: Place,
}

/// Programs that such images do not have; sorted.
const PROGRAMS: [&str; 12] =
    ["apk", "apt", "apt-get", "ash", "bash", "cat", "curl", "dash", "env", "nc", "sh", "wget"];

/// Images without a shell by name; sorted. Sources, 2026-11-24: the read-me files of GoogleContainerTools/distroless
/// and of Chainguard's images (tags with `debug` and `dev` have a shell).
const BASES: [&str; 4] = [
    "cgr.dev/chainguard/cc-dynamic",
    "cgr.dev/chainguard/glibc-dynamic",
    "cgr.dev/chainguard/static",
    "gcr.io/distroless/",
];

impl NoShellInBase {
    pub(super) const CODE: &str = "image/no-shell-in-base";

    pub(super) fn find(scene: &Scene<'_>) -> Vec<Self> {
        let mut found = Vec::new();
        for history in histories(scene) {
            let Some(base) = base_without_shell(&history.recipe.base.value) else { continue };
            if may_get_a_shell(&history) {
                continue;
            }
            for instruction in &history.instructions {
                let (name, program) = match &instruction.kind {
                    Kind::Run(run) if !run.exec => ("RUN", Some("/bin/sh")),
                    Kind::Cmd(words) => ("CMD", needed(words)),
                    Kind::Entrypoint(words) => ("ENTRYPOINT", needed(words)),
                    Kind::Healthcheck(Some(words), _) => ("HEALTHCHECK", needed(words)),
                    _ => continue,
                };
                let Some(program) = program else { continue };
                let place = history.file.place(instruction.span.start);
                let (program, base) = (program.to_owned(), base.clone());
                once(&mut found, Self { instruction: name, program, base, place });
            }
        }
        found
    }
}

fn base_without_shell(base: &Base) -> Option<String> {
    match base {
        Base::Scratch => Some("scratch".to_owned()),
        Base::Other(reference) => {
            let shown = reference.to_string();
            let tag = reference.tag.as_deref().unwrap_or_default();
            let has_shell = tag.contains("debug") || tag.ends_with("dev");
            (!has_shell && BASES.iter().any(|base| shown.starts_with(base))).then_some(shown)
        }
        Base::Cuda { .. } | Base::Open(_) => None,
    }
}

/// What has to be there for that command, and is not.
fn needed(words: &Words) -> Option<&str> {
    let program = words.words.first().map_or("", |word| word.text.as_str());
    let name = program.rsplit('/').next().unwrap_or_default();
    match words.exec {
        false if words.words.is_empty() => None,
        false => Some("/bin/sh"),
        true => PROGRAMS.contains(&name).then_some(program),
    }
}

/// Whether programs are copied in, or another shell is named.
fn may_get_a_shell(history: &History<'_>) -> bool {
    let brings = |copied: &Copied| {
        let target = copied.target.text.trim_end_matches('/');
        let folder = ["/bin", "/usr", "/busybox", "/sbin", "/lib"];
        target.is_empty()
            || copied.target.open
            || folder.iter().any(|folder| target.starts_with(folder))
            || copied.sources.iter().any(|source| {
                let name = source.text.rsplit('/').next().unwrap_or_default();
                name == "busybox" || PROGRAMS.contains(&name)
            })
    };
    history.instructions.iter().any(|instruction| match &instruction.kind {
        Kind::Copy(copied) | Kind::Add(copied) => brings(copied),
        Kind::Shell(_) => true,
        _ => false,
    })
}

impl Diagnosis for NoShellInBase {
    fn place(&self) -> Place {
        self.place.clone()
    }

    fn fixes(&self) -> Vec<Fix> {
        vec![Fix::by_hand(match self.instruction {
            "RUN" => "do it in the stage before, and copy the result with `COPY --from=`",
            "HEALTHCHECK" => {
                "let the program be its own health check, `HEALTHCHECK CMD [\"/app\", \"--health\"]`, or leave \
                 that to the orchestrator"
            }
            "ENTRYPOINT" => "write it as JSON with the program's path, `ENTRYPOINT [\"/app\"]`",
            _ => "write it as JSON with the program's path, `CMD [\"/app\"]`",
        })]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scene::example;

    #[test]
    fn knows_images_without_a_shell() {
        let check = |text: &str, expected: &[&str]| {
            let found = example::dockerfile(text, NoShellInBase::find);
            let got: Vec<_> = found.iter().map(|it| it.instruction).collect();
            assert_eq!(got, expected, "{text}\n{found:?}");
        };
        let cc = "FROM gcr.io/distroless/cc-debian12:nonroot\nCOPY --from=b /app /app\n";
        check(
            &format!("{cc}HEALTHCHECK CMD curl -f x || exit 1\nRUN apt-get update\nCMD /app"),
            &["HEALTHCHECK", "RUN", "CMD"],
        );
        check(&format!("{cc}HEALTHCHECK CMD [\"curl\", \"x\"]\nENTRYPOINT [\"/app\"]"), &["HEALTHCHECK"]);
        check("FROM scratch\nCOPY app /app\nENTRYPOINT /app", &["ENTRYPOINT"]);
        check("FROM cgr.dev/chainguard/static:latest\nCMD [\"sh\", \"-c\", \"x\"]", &["CMD"]);
        check(&format!("{cc}ENTRYPOINT [\"/app\"]\nHEALTHCHECK NONE"), &[]);
        check("FROM gcr.io/distroless/cc-debian12:debug\nRUN ls", &[]);
        check("FROM scratch\nADD rootfs.tar.xz /\nRUN ls", &[]);
        check("FROM scratch\nCOPY --from=b /bin/busybox /bin/sh\nRUN ls", &[]);
        check("FROM cgr.dev/chainguard/wolfi-base\nRUN apk add git", &[]);
        check("FROM ubuntu:24.04\nCMD /app", &[]);
    }
}
