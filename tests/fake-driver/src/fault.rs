//! Faults: what a function does instead of its work.

use crate::spec::spec;

/// What is set for `symbol`: a code to return, or the end of the process; `None` where nothing is.
pub(crate) fn meet(symbol: &str, gpu: Option<u32>) -> Option<u32> {
    match spec().get(symbol, gpu)? {
        "hang" => loop {
            std::thread::sleep(std::time::Duration::from_secs(3600));
        },
        "abort" => std::process::abort(),
        "segv" => segv(),
        "exit" => exit(),
        code => code.parse().ok(),
    }
}

fn segv() -> ! {
    // SAFETY: none; the crash is what was asked for.
    unsafe { std::ptr::without_provenance_mut::<u8>(8).write_volatile(1) };
    std::process::abort()
}

#[expect(clippy::disallowed_methods, reason = "a driver that ends its caller is a fault to test")]
fn exit() -> ! {
    std::process::exit(0)
}
