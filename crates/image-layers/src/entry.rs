//! One entry of a layer.

/// An entry of a layer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The path without a leading `/` or `./`.
    pub path: String,
    /// What it is.
    pub kind: Kind,
    /// Its size in bytes; 0 for all but files.
    pub size: u64,
    /// The bytes, where the caller wanted them and the file is not over the limit.
    pub content: Option<Vec<u8>>,
}

/// What an entry is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// A regular file.
    File,
    /// A folder.
    Folder,
    /// A symbolic link to that path.
    Link(String),
    /// Another name of the file of that path.
    HardLink(String),
    /// A device or a pipe.
    Special,
    /// The path of the entry, and all below it, is removed.
    Whiteout,
    /// All that earlier layers have below the path of the entry is removed.
    Opaque,
}

/// Which files are kept with their bytes.
pub struct Want<'a> {
    wanted: Box<dyn Fn(&str) -> bool + 'a>,
    most: u64,
}

impl<'a> Want<'a> {
    /// Those whose path `wanted` says yes to, up to `most` bytes each.
    pub fn new(wanted: impl Fn(&str) -> bool + 'a, most: u64) -> Self {
        Self { wanted: Box::new(wanted), most }
    }

    /// None.
    pub fn nothing() -> Self {
        Self::new(|_| false, 0)
    }

    pub(crate) fn takes(&self, path: &str, size: u64) -> bool {
        size <= self.most && (self.wanted)(path)
    }
}

/// The path as it is kept, and whether its name marks a removal. `None` for the root itself and for a
/// path that leaves the image.
pub(crate) fn normal(path: &str) -> Option<(String, Option<Kind>)> {
    let parts: Vec<&str> =
        path.split('/').filter(|part| !part.is_empty() && *part != ".").collect();
    if parts.contains(&"..") {
        return None;
    }
    let (name, folders) = parts.split_last()?;
    let folder = folders.join("/");
    match name.strip_prefix(".wh.") {
        Some(".wh..opq") => Some((folder, Some(Kind::Opaque))),
        // Other names that begin so are the storage driver's own.
        Some(own) if own.starts_with(".wh.") => None,
        Some(removed) => {
            let path = [folder.as_str(), removed].join("/");
            Some((path.trim_start_matches('/').to_owned(), Some(Kind::Whiteout)))
        }
        None => Some((parts.join("/"), None)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_made_normal() {
        let check = |path: &str, expected: Option<(&str, Option<Kind>)>| {
            let expected = expected.map(|(path, kind)| (path.to_owned(), kind));
            assert_eq!(normal(path), expected, "{path}");
        };
        check("./usr/bin/", Some(("usr/bin", None)));
        check("/etc/passwd", Some(("etc/passwd", None)));
        check("usr/.wh.lib", Some(("usr/lib", Some(Kind::Whiteout))));
        check(".wh.tmp", Some(("tmp", Some(Kind::Whiteout))));
        check("usr/lib/.wh..wh..opq", Some(("usr/lib", Some(Kind::Opaque))));
        check("usr/.wh..wh.plnk", None);
        check("../etc/shadow", None);
        check("./", None);
    }
}
