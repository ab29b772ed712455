//! An installation of Python packages, as an instruction.

/// A mount that an installation needs.
pub(crate) type Mount = Option<String>;

/// `pip`, or `uv pip`.
pub(crate) struct Installer {
    pub(crate) by_uv: bool,
    /// A mount that brings the program.
    pub(crate) tool: Mount,
}

impl Installer {
    /// The instruction that installs `words` and what `files` ask for; `mounted` are all files of the
    /// context that are read.
    pub(crate) fn run(
        &self,
        mounted: &[String],
        options: &[String],
        words: &[String],
        files: &[String],
    ) -> String {
        let (program, cache) = if self.by_uv {
            ("uv pip install", "/root/.cache/uv")
        } else {
            ("pip install", "/root/.cache/pip")
        };
        let mut mounts = vec![format!("--mount=type=cache,target={cache}")];
        mounts.extend(self.tool.clone());
        mounts.extend(
            mounted
                .iter()
                .map(|path| format!("--mount=type=bind,source={path},target=/tmp/context/{path}")),
        );
        let mut arguments = options.to_vec();
        arguments.extend(words.iter().cloned());
        arguments.extend(files.iter().map(|path| format!("--requirement /tmp/context/{path}")));
        let one_line = arguments.join(" ");
        let command = if arguments.len() > 1 && program.len() + one_line.len() > 80 {
            format!("{program} \\\n        {}", arguments.join(" \\\n        "))
        } else {
            format!("{program} {one_line}")
        };
        format!("RUN {} \\\n    {command}", mounts.join(" \\\n    "))
    }
}
