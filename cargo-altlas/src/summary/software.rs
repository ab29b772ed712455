//! Toolkits, cuDNN, containers, profilers, Python.

use super::line;
use crate::report::{Line, Mark};
use gpu_probe::{Facts, Profile, Profiler, Reading};

pub(super) fn lines(facts: &Facts, profile: Profile) -> Vec<Line> {
    let mut lines = toolkits(facts);
    lines.extend(cudnn(facts));
    lines.push(docker(facts, profile));
    lines.extend(python(facts));
    lines.push(profilers(facts));
    lines
}

fn toolkits(facts: &Facts) -> Vec<Line> {
    if facts.toolkits.is_empty() {
        return vec![line(Mark::Absent, "toolkit", "none (only needed to compile CUDA code)")];
    }
    let one = |toolkit: &gpu_probe::Toolkit| {
        let version = toolkit.version.found().map_or("?".to_owned(), ToString::to_string);
        let nvcc = match (&toolkit.nvcc, toolkit.first_on_path) {
            (Reading::Found(_), true) => ", its nvcc is first on PATH",
            (Reading::Found(_), false) => "",
            _ => ", without nvcc",
        };
        line(Mark::Fine, "toolkit", format!("CUDA {version} in {}{nvcc}", toolkit.path))
    };
    facts.toolkits.iter().map(one).collect()
}

fn cudnn(facts: &Facts) -> Vec<Line> {
    let one = |copy: &gpu_probe::CudnnCopy| {
        let version = copy.version.found().map_or("?".to_owned(), ToString::to_string);
        line(Mark::Fine, "cuDNN", format!("{version} in {}", copy.folder))
    };
    facts.cudnn.iter().map(one).collect()
}

fn docker(facts: &Facts, profile: Profile) -> Line {
    match (&facts.containers.docker, &facts.containers.docker_refused) {
        (Reading::Found(engine), _) => {
            let runtimes = engine.runtimes.join(", ");
            line(Mark::Fine, "docker", format!("{}, runtimes {runtimes}", engine.version))
        }
        (_, Reading::Found(refusal)) => {
            line(Mark::Wrong, "docker", format!("{} refused: {}", refusal.socket, refusal.reason))
        }
        (Reading::Unknown(reason), _) => line(Mark::Unlooked, "docker", reason.clone()),
        (Reading::Absent, _) if profile == Profile::Runner => {
            line(Mark::Wrong, "docker", "not running here")
        }
        (Reading::Absent, _) => line(Mark::Absent, "docker", "not running here"),
    }
}

fn python(facts: &Facts) -> Vec<Line> {
    let relevant = facts.python.iter().filter(|environment| !environment.packages.is_empty());
    let one = |environment: &gpu_probe::PythonEnvironment| {
        let version =
            environment.python.found().map_or(String::new(), |found| format!("{found}, "));
        let frameworks: Vec<String> = environment
            .packages
            .iter()
            .filter(|package| !package.name.starts_with("nvidia-"))
            .map(|package| match package.cuda.found() {
                Some(cuda) => format!("{} {} (CUDA {cuda})", package.name, package.version),
                None => format!("{} {}", package.name, package.version),
            })
            .collect();
        let packages = if frameworks.is_empty() {
            format!("{} NVIDIA packages", environment.packages.len())
        } else {
            frameworks.join(", ")
        };
        line(Mark::Fine, "python", format!("{version}{}: {packages}", environment.site_packages))
    };
    relevant.map(one).collect()
}

fn profilers(facts: &Facts) -> Line {
    let tools = &facts.profilers.tools;
    if tools.is_empty() {
        return line(Mark::Absent, "profilers", "none");
    }
    let mut names: Vec<String> = tools
        .iter()
        .map(|copy| {
            let name = match copy.tool {
                Profiler::NsightSystems => "nsys",
                Profiler::NsightCompute => "ncu",
                Profiler::ComputeSanitizer => "compute-sanitizer",
                Profiler::CudaGdb => "cuda-gdb",
            };
            copy.version.found().map_or(name.to_owned(), |version| format!("{name} {version}"))
        })
        .collect();
    names.dedup();
    line(Mark::Fine, "profilers", names.join(", "))
}
