//! What a profile asks of a machine and could not be answered: whoever must know may not call the
//! machine fit.
//!
//! A runner and a node are asked for a container engine with access to the GPU. Its files are often
//! out of sight: in a container, where the engine is another machine's, or for want of rights.

use crate::{Facts, Need, Problem, Profile, Reading, Unlooked, evidence};

/// The questions of the profile that stay open, where no problem answers them.
pub(crate) fn open_questions(facts: &Facts, need: &Need, problems: &[Problem]) -> Vec<Unlooked> {
    let answers = |codes: &[&str]| problems.iter().any(|problem| codes.contains(&problem.code()));
    let open = match need.profile {
        Profile::Dev => None,
        Profile::Runner if answers(OF_RUNNER) => None,
        Profile::Runner => of_runner(facts),
        Profile::Node if answers(OF_NODE) => None,
        Profile::Node => of_node(facts),
    };
    let open = open.map(|(what, reason)| Unlooked { what: what.to_owned(), reason });
    open.into_iter().collect()
}

/// The problems that answer whether Docker gives GPUs.
const OF_RUNNER: &[&str] = &[
    "gpu/docker-permission",
    "gpu/docker-unreachable",
    "gpu/docker-runtime-missing",
    "gpu/container-toolkit-missing",
];

/// The problem that answers whether the kubelet's runtime gives GPUs.
const OF_NODE: &[&str] = &["gpu/node-runtime-missing"];

/// What is asked, and why it is open.
type Open = (&'static str, String);

fn of_runner(facts: &Facts) -> Option<Open> {
    const ACCESS: &str = "GPU access of Docker";
    let containers = &facts.containers;
    let engine = match &containers.docker {
        Reading::Found(engine) => engine,
        Reading::Unknown(reason) => return Some(("Docker", reason.clone())),
        Reading::Absent => return Some(("Docker", "it was not found".to_owned())),
    };
    let has_runtime = engine.runtimes.iter().any(|runtime| runtime.contains("nvidia"));
    let hidden = evidence::engine_files_are_hidden(facts);
    if has_runtime || !containers.cdi.is_empty() || !hidden {
        return None;
    }
    let folders = engine.cdi_folders.join("`, `");
    if folders.is_empty() {
        return Some((ACCESS, "it was not asked for: this machine shows no GPU".to_owned()));
    }
    let reason = format!(
        "the engine looks for CDI specifications in `{folders}`, which cannot be seen from here: run this \
         where the engine runs"
    );
    Some((ACCESS, reason))
}

fn of_node(facts: &Facts) -> Option<Open> {
    const RUNTIME: &str = "container runtime of this node";
    let containers = &facts.containers;
    if containers.containerd_socket.found().is_some() {
        let configuration = "containerd's configuration";
        return match &containers.containerd_has_nvidia {
            Reading::Found(true) => None,
            Reading::Unknown(reason) => Some((configuration, reason.clone())),
            Reading::Absent | Reading::Found(false) => {
                Some((configuration, "it is not where it is usually kept".to_owned()))
            }
        };
    }
    if containers.crio_socket.found().is_some() {
        return Some(("CRI-O's configuration", "it is not read".to_owned()));
    }
    let sockets = [&containers.containerd_socket, &containers.crio_socket];
    let refused = sockets.iter().find_map(|socket| socket.unknown());
    let reason = match refused {
        Some(reason) => reason.to_owned(),
        None => {
            "its socket cannot be seen from this container: run this on the node itself".to_owned()
        }
    };
    Some((RUNTIME, reason))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{diagnose, example};

    #[track_caller]
    fn check(profile: Profile, change: impl FnOnce(&mut Facts), expected: &[&str]) {
        let mut facts = example::h200();
        facts.host.machine.container = Reading::Found("docker".to_owned());
        change(&mut facts);
        let need = Need { profile, ..Need::default() };
        let diagnosed = diagnose(&facts, &need);
        let problems = diagnosed.problems.iter().map(|(problem, _)| problem.code().to_owned());
        let open = diagnosed.open_questions.iter().map(|open| format!("? {}", open.what));
        let got: Vec<String> = problems.chain(open).collect();
        assert_eq!(got, expected);
        assert!(diagnosed.open_questions.iter().all(|open| diagnosed.unlooked.contains(open)));
    }

    #[test]
    fn a_runner_in_a_container() {
        let lose_engine = |facts: &mut Facts| facts.containers.docker = Reading::Absent;
        let with_folders = |folders: &[&str]| {
            let folders: Vec<String> = folders.iter().map(|it| (*it).to_owned()).collect();
            move |facts: &mut Facts| {
                facts.containers = crate::Containers {
                    docker: facts.containers.docker.clone(),
                    ..crate::Containers::default()
                };
                if let Reading::Found(engine) = &mut facts.containers.docker {
                    engine.runtimes = vec!["runc".to_owned()];
                    engine.cdi_folders = folders;
                }
            }
        };
        check(Profile::Dev, lose_engine, &[]);
        check(Profile::Runner, |_| {}, &[]);
        check(Profile::Runner, lose_engine, &["gpu/docker-unreachable"]);
        check(Profile::Runner, with_folders(&[]), &["gpu/docker-runtime-missing"]);
        check(Profile::Runner, with_folders(&["/etc/cdi"]), &["? GPU access of Docker"]);
        let silent = |facts: &mut Facts| {
            facts.containers.docker = Reading::Unknown("no answer in 2 s".to_owned());
        };
        check(Profile::Runner, silent, &["? Docker"]);
    }

    #[test]
    fn a_node_in_a_container() {
        let hide = |facts: &mut Facts| {
            facts.containers.containerd_socket = Reading::Absent;
            facts.containers.crio_socket = Reading::Absent;
        };
        check(Profile::Dev, hide, &[]);
        check(Profile::Node, hide, &["? container runtime of this node"]);
        let mount = |has_nvidia: Reading<bool>| {
            move |facts: &mut Facts| {
                let socket = "/run/containerd/containerd.sock".to_owned();
                facts.containers.containerd_socket = Reading::Found(socket);
                facts.containers.containerd_has_nvidia = has_nvidia;
            }
        };
        check(Profile::Node, mount(Reading::Found(true)), &[]);
        check(Profile::Node, mount(Reading::Absent), &["? containerd's configuration"]);
    }
}
