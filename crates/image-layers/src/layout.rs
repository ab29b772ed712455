//! An OCI layout in a folder.

use crate::{
    Image, ImageError, Want,
    archive::{Parts, assemble},
    read_layer,
};
use std::{fs::File, io::Read, path::Path};

/// Blobs up to this size may be manifests and configurations.
const LARGEST_JSON: u64 = 16 * 1024 * 1024;

/// Reads an image from an OCI layout in the folder `root`. `name` chooses among several.
///
/// # Errors
/// Where it is broken, incomplete, something else, or several.
pub fn read_layout(root: &Path, name: Option<&str>, want: &Want<'_>) -> Result<Image, ImageError> {
    let mut parts = Parts::default();
    let index = root.join("index.json");
    let mut bytes = Vec::new();
    open(&index)?
        .take(LARGEST_JSON)
        .read_to_end(&mut bytes)
        .map_err(|source| unreadable(&index, source))?;
    parts.jsons.insert("index.json".to_owned(), bytes);
    let blobs = root.join("blobs/sha256");
    let entries = std::fs::read_dir(&blobs).map_err(|source| unreadable(&blobs, source))?;
    for entry in entries {
        let entry = entry.map_err(|source| unreadable(&blobs, source))?;
        let path = entry.path();
        let key = format!("blobs/sha256/{}", entry.file_name().to_string_lossy());
        let mut file = open(&path)?;
        let mut start = Vec::new();
        file.by_ref()
            .take(1)
            .read_to_end(&mut start)
            .map_err(|source| unreadable(&path, source))?;
        if start == b"{" {
            file.take(LARGEST_JSON)
                .read_to_end(&mut start)
                .map_err(|source| unreadable(&path, source))?;
            parts.jsons.insert(key, start);
        } else {
            let layer = read_layer(&key, std::io::Cursor::new(start).chain(file), want)?;
            parts.layers.insert(key, layer);
        }
    }
    assemble(parts, name)
}

fn open(path: &Path) -> Result<File, ImageError> {
    File::open(path).map_err(|source| unreadable(path, source))
}

fn unreadable(path: &Path, source: std::io::Error) -> ImageError {
    ImageError::Read { path: path.display().to_string(), source }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layer::example;

    #[test]
    fn reads_a_folder() {
        let root = tempfile::tempdir().unwrap();
        let blobs = root.path().join("blobs/sha256");
        std::fs::create_dir_all(&blobs).unwrap();
        let layer = example::tar(&[("etc/hostname", "a\n")]);
        let digest = read_layer("x", layer.as_slice(), &Want::nothing()).unwrap().digest;
        let hex = digest.trim_start_matches("sha256:");
        std::fs::write(blobs.join(hex), &layer).unwrap();
        std::fs::write(blobs.join("c"), "{}").unwrap();
        let manifest =
            format!(r#"{{"config":{{"digest":"sha256:c"}},"layers":[{{"digest":"{digest}"}}]}}"#);
        std::fs::write(blobs.join("m"), manifest).unwrap();
        assert!(read_layout(root.path(), None, &Want::nothing()).is_err());
        let index = r#"{"manifests":[{"digest":"sha256:m"}]}"#;
        std::fs::write(root.path().join("index.json"), index).unwrap();
        let image = read_layout(root.path(), None, &Want::nothing()).unwrap();
        assert_eq!(image.files().len(), 1);
    }
}
