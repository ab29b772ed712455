//! Says which driver a CUDA toolkit needs: `cargo run --example which_driver -- 12.6`.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "an example talks to its user")]

use cuda_compat::{CudaVersion, Platform, least_driver, toolkit};
use std::process::ExitCode;

fn main() -> ExitCode {
    let text = std::env::args().nth(1).unwrap_or_else(|| "12.6".to_owned());
    let cuda: CudaVersion = match text.parse() {
        Ok(cuda) => cuda,
        Err(error) => {
            eprintln!("{error}");
            return ExitCode::from(2);
        }
    };
    let Some(row) = toolkit(cuda) else {
        eprintln!("CUDA {cuda} is not in the table");
        return ExitCode::FAILURE;
    };
    println!("CUDA {cuda} writes PTX {} for {} to {}", row.ptx, row.first_arch, row.last_arch);
    for platform in [Platform::Linux, Platform::Windows] {
        let Some(least) = least_driver(cuda, platform) else { continue };
        let exact = least.exact.map_or_else(|| "not published".to_owned(), |it| it.to_string());
        println!("{platform:?}: driver {exact}; with limits from {}", least.minor_compatible);
    }
    println!("source: {} ({})", row.source, row.date);
    ExitCode::SUCCESS
}
