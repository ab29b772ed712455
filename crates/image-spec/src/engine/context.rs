//! The build context: which files of a folder are sent to the engine.
//!
//! The folder is read once before anything is sent, so that a file that cannot be sent is said before
//! the build, and how much is sent can be shown.

mod archive;
mod ignore;

pub(super) use archive::send;
pub use ignore::{Ignore, IgnoreError};

use std::{
    collections::BTreeMap,
    fs::{self, Metadata},
    io,
    path::{Component, Path, PathBuf},
};

/// The name under which a Dockerfile is sent that is not a file of the context.
const SENT_AS: &str = ".altlas.Dockerfile";

/// What altlas itself writes below the folder, such as the log of this very build: never sent.
const OWN: &str = "target/altlas";

/// The files that are sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Context {
    /// The folder.
    pub root: PathBuf,
    /// The Dockerfile's name in the context.
    pub dockerfile: String,
    /// The files that are sent from memory: the Dockerfile, and what is rendered with it.
    pub(super) texts: BTreeMap<PathBuf, String>,
    /// What is sent beside it, sorted by path.
    pub(super) entries: Vec<Entry>,
    /// What is not sent because it is neither file, folder nor link.
    pub skipped: Vec<PathBuf>,
}

/// One thing that is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry {
    /// Relative to the root.
    pub(super) path: PathBuf,
    pub(super) kind: Kind,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Kind {
    Folder,
    File { size: u64 },
    Link { target: PathBuf },
}

/// Why a folder cannot be sent.
#[derive(Debug, thiserror::Error)]
pub enum ContextError {
    /// Something in it cannot be read.
    #[error("cannot read `{}` of the build context", path.display())]
    Read {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// A link leads out of it.
    #[error(
        "`{}` is a link to `{}`, which is outside the build context, so the image would not have it; \
         copy the file into the context, or name the link in `.dockerignore`",
        path.display(), target.display()
    )]
    LinkOutside {
        /// The link.
        path: PathBuf,
        /// Where it leads.
        target: PathBuf,
    },
    /// A line of `.dockerignore` has no meaning.
    #[error("{}: {error}", path.display())]
    Ignore {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        error: IgnoreError,
    },
    /// A file was written while it was sent.
    #[error("`{}` changed while it was sent; wait until nothing writes into the build context, or name it in `.dockerignore`", .0.display())]
    Changed(PathBuf),
}

impl Context {
    /// Reads the folder `root`. The Dockerfile has the text `text`; `file` is where it was read from, or
    /// `None` where it was rendered.
    ///
    /// # Errors
    /// Where something cannot be read, or a link leads out of the folder.
    pub fn read(root: &Path, file: Option<&Path>, text: &str) -> Result<Self, ContextError> {
        Self::read_with(root, file, text, &BTreeMap::new())
    }

    /// Like [`Context::read`], with files that were rendered beside the Dockerfile and are sent instead
    /// of those on the disk. A rendered `.dockerignore` counts where the disk has none.
    ///
    /// # Errors
    /// Where something cannot be read, or a link leads out of the folder.
    pub fn read_with(
        root: &Path,
        file: Option<&Path>,
        text: &str,
        rendered: &BTreeMap<PathBuf, String>,
    ) -> Result<Self, ContextError> {
        let ignore = ignore(root, file, rendered)?;
        let inside = file.and_then(|file| {
            let root = fs::canonicalize(root).ok()?;
            let file = fs::canonicalize(file).ok()?;
            file.strip_prefix(root).ok()?.to_str().map(str::to_owned)
        });
        let dockerfile = inside.unwrap_or_else(|| SENT_AS.to_owned());
        let mut texts = rendered.clone();
        texts.insert(PathBuf::from(&dockerfile), text.to_owned());
        let mut context = Self {
            root: root.to_owned(),
            dockerfile,
            texts,
            entries: Vec::new(),
            skipped: Vec::new(),
        };
        context.walk(Path::new(""), &ignore)?;
        Ok(context)
    }

    /// How many files are sent, without the Dockerfile.
    pub fn files(&self) -> usize {
        self.entries.iter().filter(|entry| matches!(entry.kind, Kind::File { .. })).count()
    }

    /// How many bytes they have.
    pub fn bytes(&self) -> u64 {
        let size = |entry: &Entry| match entry.kind {
            Kind::File { size } => size,
            Kind::Folder | Kind::Link { .. } => 0,
        };
        self.entries.iter().map(size).sum()
    }

    fn walk(&mut self, folder: &Path, ignore: &Ignore) -> Result<(), ContextError> {
        let whole = self.root.join(folder);
        let read = |source| ContextError::Read { path: whole.clone(), source };
        let mut names = Vec::new();
        for entry in fs::read_dir(&whole).map_err(read)? {
            names.push(entry.map_err(read)?.file_name());
        }
        names.sort();
        for name in names {
            let path = folder.join(name);
            if path == Path::new(OWN) {
                continue;
            }
            let whole = self.root.join(&path);
            let ignored = ignore.ignores(&path);
            let metadata = match fs::symlink_metadata(&whole) {
                Ok(metadata) => metadata,
                Err(_) if ignored => continue,
                Err(source) => return Err(ContextError::Read { path: whole, source }),
            };
            let is_folder = metadata.is_dir();
            if !ignored && !self.texts.contains_key(&path) {
                self.add(&path, &whole, &metadata)?;
            }
            if is_folder && (!ignored || ignore.has_exceptions()) {
                self.walk(&path, ignore)?;
            }
        }
        Ok(())
    }

    fn add(&mut self, path: &Path, whole: &Path, metadata: &Metadata) -> Result<(), ContextError> {
        let kind = if metadata.is_dir() {
            Kind::Folder
        } else if metadata.is_symlink() {
            let read = |source| ContextError::Read { path: whole.to_owned(), source };
            let target = fs::read_link(whole).map_err(read)?;
            if leads_out(path, &target) {
                return Err(ContextError::LinkOutside { path: path.to_owned(), target });
            }
            Kind::Link { target }
        } else if metadata.is_file() {
            // Whether it can be read is said now and not in the middle of the build.
            fs::File::open(whole)
                .map_err(|source| ContextError::Read { path: whole.to_owned(), source })?;
            Kind::File { size: metadata.len() }
        } else {
            self.skipped.push(path.to_owned());
            return Ok(());
        };
        self.entries.push(Entry { path: path.to_owned(), kind });
        Ok(())
    }
}

/// `.dockerignore` beside the Dockerfile by its name, or that of the context: BuildKit's order.
fn ignore(
    root: &Path,
    file: Option<&Path>,
    rendered: &BTreeMap<PathBuf, String>,
) -> Result<Ignore, ContextError> {
    let beside = file.map(|file| {
        let mut name = file.as_os_str().to_owned();
        name.push(".dockerignore");
        PathBuf::from(name)
    });
    for path in beside.into_iter().chain([root.join(".dockerignore")]) {
        match fs::read(&path) {
            Ok(bytes) => {
                let text = String::from_utf8_lossy(&bytes);
                return Ignore::parse(&text).map_err(|error| ContextError::Ignore { path, error });
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(source) => return Err(ContextError::Read { path, source }),
        }
    }
    let path = PathBuf::from(".dockerignore");
    let text = rendered.get(&path).map(String::as_str).unwrap_or_default();
    Ignore::parse(text).map_err(|error| ContextError::Ignore { path, error })
}

/// Whether a link at `path` leads out of the folder that `path` is relative to.
fn leads_out(path: &Path, target: &Path) -> bool {
    let mut depth = path.parent().map_or(0, |parent| parent.components().count());
    for component in target.components() {
        match component {
            Component::Prefix(_) | Component::RootDir => return true,
            Component::CurDir => {}
            Component::Normal(_) => depth += 1,
            Component::ParentDir => match depth.checked_sub(1) {
                Some(less) => depth = less,
                None => return true,
            },
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    fn names(context: &Context) -> Vec<String> {
        context.entries.iter().map(|entry| entry.path.display().to_string()).collect()
    }

    #[test]
    fn sends_what_is_not_ignored() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        write("app/main.py", "print()");
        write("app/secret.key", "x");
        write("data/big.bin", "12345");
        write("data/keep/small.txt", "1");
        write("Dockerfile", "FROM scratch");
        write("target/altlas/build/image.log", "log");
        write(".dockerignore", "# what is not sent\n**/*.key\ndata\n!data/keep\nDockerfile\n");
        let file = folder.path().join("Dockerfile");
        let context = Context::read(folder.path(), Some(&file), "FROM scratch").unwrap();
        assert_eq!(context.dockerfile, "Dockerfile");
        let expected =
            [".dockerignore", "app", "app/main.py", "data/keep", "data/keep/small.txt", "target"];
        assert_eq!(names(&context), expected);
        assert_eq!((context.files(), context.bytes()), (3, 55 + 8));
        let rendered = Context::read(folder.path(), None, "FROM scratch").unwrap();
        assert_eq!(rendered.dockerfile, SENT_AS);
        write("Dockerfile.dockerignore", "app\ndata\n*ignore\ntarget\n");
        let own = Context::read(folder.path(), Some(&file), "FROM scratch").unwrap();
        assert_eq!(names(&own), Vec::<String>::new());
    }

    #[test]
    fn refuses_links_that_lead_out() {
        let check = |path: &str, target: &str, expected: bool| {
            assert_eq!(
                leads_out(Path::new(path), Path::new(target)),
                expected,
                "{path} -> {target}"
            );
        };
        check("a", "b", false);
        check("a", "../b", true);
        check("a/b", "../c", false);
        check("a/b", "../../c", true);
        check("a/b", "/etc/passwd", true);
        check("a/b/c", "d/../../../e", false);
        check("a/b", "d/../../../e", true);
        let folder = tempfile::tempdir().unwrap();
        symlink("/etc/passwd", folder.path().join("link")).unwrap();
        let error = Context::read(folder.path(), None, "").unwrap_err().to_string();
        assert!(error.contains("`link` is a link to `/etc/passwd`"), "{error}");
        fs::write(folder.path().join(".dockerignore"), "link").unwrap();
        assert!(Context::read(folder.path(), None, "").is_ok());
    }
}
