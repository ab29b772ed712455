//! Says what is the newest build of each framework for a CUDA, a Python and a GPU:
//! `cargo run --example which_framework -- 11.8 3.11 8.6`.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "an example talks to its user")]

use cuda_compat::{
    ComputeCapability, CudaVersion, Framework, FrameworkBuild, PythonVersion, VersionError,
    framework_builds,
};
use std::process::ExitCode;

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::from(2)
        }
    }
}

fn run() -> Result<(), VersionError> {
    let word =
        |index: usize, default: &str| std::env::args().nth(index).unwrap_or(default.to_owned());
    let cuda: CudaVersion = word(1, "11.8").parse()?;
    let python: PythonVersion = word(2, "3.11").parse()?;
    let gpu: ComputeCapability = word(3, "8.6").parse()?;
    for framework in Framework::ALL {
        let fits = |row: &&FrameworkBuild| {
            row.framework == framework
                && row.works_with(cuda)
                && row.pythons.contains(&python.minor_line())
                && row.runs_on(gpu) != Some(false)
        };
        let newest = framework_builds()
            .iter()
            .filter(fits)
            .filter_map(|row| row.versions.last().map(|version| (version, row)))
            .max_by_key(|(version, _)| *version);
        match newest {
            None => println!("{framework}: none"),
            Some((version, row)) => {
                let index = row.index.as_deref().unwrap_or("PyPI");
                println!("{framework}: {}=={version} from {index}", row.package);
            }
        }
    }
    Ok(())
}
