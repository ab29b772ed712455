//! One row of the fault matrix: how it is run and judged.

use crate::support::{
    Run, Scene, driver,
    machine::{self, Machine},
};
use std::path::PathBuf;

/// One row.
pub(super) struct Case {
    machine: Machine,
    faults: &'static str,
    change: fn(&Tree<'_>),
    arguments: &'static [&'static str],
    variables: &'static [(&'static str, &'static str)],
    expected: &'static str,
}

pub(super) fn case(machine: Machine, faults: &'static str, expected: &'static str) -> Case {
    let (arguments, variables) = (&[][..], &[][..]);
    Case { machine, faults, change: |_| {}, arguments, variables, expected }
}

impl Case {
    pub(super) fn tree(self, change: fn(&Tree<'_>)) -> Self {
        Self { change, ..self }
    }

    pub(super) fn arguments(self, arguments: &'static [&'static str]) -> Self {
        Self { arguments, ..self }
    }

    pub(super) fn variables(self, variables: &'static [(&'static str, &'static str)]) -> Self {
        Self { variables, ..self }
    }

    /// What the doctor said, where it is not what it should have.
    fn failure(&self) -> Option<String> {
        let scene = machine::scene(self.machine, self.faults);
        let tree = Tree { scene: &scene };
        (self.change)(&tree);
        let mut arguments = vec!["doctor", "--root", "root", "--format", "json"];
        arguments.extend(self.arguments);
        let run = self.run(&scene, &arguments);
        let row = format!("{:?} `{}` {:?}", self.machine, self.faults, self.arguments);
        let Ok(report) = serde_json::from_str::<serde_json::Value>(&run.stdout) else {
            return Some(format!("{row}: no report, but {run:?}"));
        };
        let codes = report["findings"].as_array().into_iter().flatten().map(|it| &it["code"]);
        let codes: Vec<&str> = codes.filter_map(|code| code.as_str()).collect();
        let found = report["root_cause"].as_str().unwrap_or("healthy").replace("gpu/", "");
        let exit = if has_error(&report) { Some(1) } else { Some(0) };
        let gaps = if self.expected == "healthy" { gaps(&report) } else { Vec::new() };
        let is_right = found == self.expected && run.code == exit && gaps.is_empty();
        let all = codes.join(", ");
        (!is_right).then(|| {
            format!(
                "{row}: {} expected, {found} found, exit {:?}, of {all}; gaps {gaps:?}",
                self.expected, run.code
            )
        })
    }

    fn run(&self, scene: &Scene, arguments: &[&str]) -> Run {
        let mut command = machine::command(scene, self.machine, arguments);
        // What the row sets comes last, so that it may also name another library folder.
        for (name, value) in self.variables {
            command.env(name, value.replace("$ROOT", &scene.path("root").display().to_string()));
        }
        scene.read(command.output().unwrap())
    }
}

/// What the driver was asked for and could not be looked at: nothing on a machine that is healthy.
fn gaps(report: &serde_json::Value) -> Vec<String> {
    let all = report["could_not_look"].as_array().map_or(&[][..], Vec::as_slice);
    let of_driver = |gap: &&serde_json::Value| {
        let what = gap["what"].as_str().unwrap_or_default();
        ["NVML", "CUDA", "smoke test"].iter().any(|area| what.starts_with(area))
    };
    all.iter().filter(of_driver).map(ToString::to_string).collect()
}

/// Whether anything is an error, and not only worth a warning.
fn has_error(report: &serde_json::Value) -> bool {
    let findings = report["findings"].as_array().map_or(&[][..], Vec::as_slice);
    findings.iter().any(|finding| finding["level"] == "error")
}

/// The machine's files, for changing them.
pub(super) struct Tree<'a> {
    pub(super) scene: &'a Scene,
}

impl Tree<'_> {
    pub(super) fn path(&self, path: &str) -> PathBuf {
        self.scene.path("root").join(path)
    }

    pub(super) fn write(&self, path: &str, content: impl AsRef<[u8]>) {
        let _ = std::fs::remove_file(self.path(path));
        self.scene.file(&format!("root/{path}"), content);
    }

    pub(super) fn remove(&self, path: &str) {
        let path = self.path(path);
        if path.is_dir() && !path.is_symlink() {
            std::fs::remove_dir_all(path).unwrap();
        } else {
            std::fs::remove_file(path).unwrap();
        }
    }

    /// Binds the GPU to another kernel driver.
    pub(super) fn bind(&self, driver: &str) {
        let path = self.path("sys/bus/pci/devices/0000:18:00.0/driver");
        std::fs::remove_file(&path).unwrap();
        driver::link(&format!("../../../../bus/pci/drivers/{driver}"), &path);
    }

    /// Takes the module out of memory, and with it all that it shows.
    pub(super) fn unload(&self) {
        self.remove("proc/driver/nvidia");
        self.remove("sys/module/nvidia");
        self.remove("sys/module/nvidia_uvm");
        self.remove("sys/bus/pci/devices/0000:18:00.0/driver");
        for node in ["nvidiactl", "nvidia-uvm", "nvidia-uvm-tools", "nvidia0"] {
            self.remove(&format!("dev/{node}"));
        }
    }

    /// Makes a container of the machine.
    pub(super) fn contain(&self) {
        self.write(".dockerenv", "");
    }

    pub(super) fn log(&self, line: &str) {
        self.write("dev/kmsg", format!("6,1,1000000,-;Linux version\n4,2,9000000,-;{line}\n"));
    }
}

/// Runs the rows and fails with all that are wrong.
pub(super) fn check(cases: impl IntoIterator<Item = Case>) {
    report(cases.into_iter().map(|case| case.failure()));
}

/// The same for rows that take long by the clock and not by their work.
pub(super) fn check_side_by_side(cases: impl IntoIterator<Item = Case>) {
    let threads: Vec<_> =
        cases.into_iter().map(|case| std::thread::spawn(move || case.failure())).collect();
    report(threads.into_iter().map(|thread| thread.join().unwrap()));
}

fn report(failures: impl Iterator<Item = Option<String>>) {
    let failures: Vec<String> = failures.flatten().collect();
    assert!(failures.is_empty(), "{} rows:\n{}", failures.len(), failures.join("\n"));
}
