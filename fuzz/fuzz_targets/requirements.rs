//! Requirements files, projects and locks; the first byte chooses the format.
#![no_main]

use image_spec::RequirementsFile;
use libfuzzer_sys::fuzz_target;
use std::path::Path;

const NAMES: [&str; 6] =
    ["r.txt", "pyproject.toml", "uv.lock", "pylock.toml", "poetry.lock", "Pipfile.lock"];

fuzz_target!(|bytes: &[u8]| {
    let Some((first, rest)) = bytes.split_first() else { return };
    let name = NAMES[usize::from(*first) % NAMES.len()];
    let read = RequirementsFile::read(Path::new(name), &mut |path| match path.to_str() {
        Some("other.txt") => Ok(b"numpy<2\n-r r.txt\n".to_vec()),
        Some(included) if included == name => Ok(rest.to_vec()),
        _ => Err("does not exist".to_owned()),
    });
    if let Ok(file) = read {
        // Markers and versions are written out again, too.
        for found in &file.requirements {
            let _ = found.value.requirement.to_string();
        }
    }
});
