//! The languages that code is read in, and the words that people call them by.

use crate::config::closest;

/// A language that a fence may name.
#[derive(Debug, PartialEq, Eq)]
pub struct Language {
    /// The word that stands for it everywhere.
    pub word: &'static str,
    /// What it is called.
    pub name: &'static str,
    /// Other words for it, ends of file names among them.
    pub aliases: &'static [&'static str],
    pub(super) grammar: Grammar,
}

/// How a language is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Grammar {
    /// It has no colours.
    Plain,
    /// The grammar of this name.
    Named(&'static str),
    /// Commands behind prompts, and what they answer.
    Console,
    Vcl,
    PowerShell,
}

impl Language {
    /// Tells whether anything in it has a colour.
    pub fn has_colours(&self) -> bool {
        self.grammar != Grammar::Plain
    }
}

/// Words of fences that other parts of the program draw: nobody wrote them for a language.
const DRAWN: &[&str] = &[
    "mermaid", "graphviz", "svg", "qr", "csv", "tsv", "table", "chart", "math", "katex", "plantuml",
];

/// Returns all languages, in the order of their words.
pub fn languages() -> &'static [Language] {
    LANGUAGES
}

/// Returns the language that a word stands for, in whatever case it is written.
pub fn language(word: &str) -> Option<&'static Language> {
    let is = |known: &str| known.eq_ignore_ascii_case(word);
    LANGUAGES.iter().find(|language| {
        is(language.word) || language.aliases.iter().any(|alias| is(alias)) || is(language.name)
    })
}

/// Tells whether a word names something else than a language.
pub(in crate::document) fn is_drawn(word: &str) -> bool {
    DRAWN.iter().any(|drawn| drawn.eq_ignore_ascii_case(word))
}

/// Returns the word that may have been meant by one that no language has.
pub(in crate::document) fn nearest(word: &str) -> Option<&'static str> {
    let words = closest(word, LANGUAGES.iter().map(|language| language.word));
    words.or_else(|| closest(word, LANGUAGES.iter().flat_map(|language| language.aliases).copied()))
}

const fn of(
    word: &'static str,
    name: &'static str,
    aliases: &'static [&'static str],
    grammar: &'static str,
) -> Language {
    Language { word, name, aliases, grammar: Grammar::Named(grammar) }
}

const fn own(
    word: &'static str,
    name: &'static str,
    aliases: &'static [&'static str],
    grammar: Grammar,
) -> Language {
    Language { word, name, aliases, grammar }
}

#[rustfmt::skip]
const LANGUAGES: &[Language] = &[
    of("actionscript", "ActionScript", &["as3"], "ActionScript"),
    of("ada", "Ada", &["adb", "ads"], "Ada"),
    of("apache", "Apache", &["apacheconf", "htaccess", "httpd"], "Apache Conf"),
    of("applescript", "AppleScript", &["osascript"], "AppleScript"),
    of("asciidoc", "AsciiDoc", &["adoc"], "AsciiDoc (Asciidoctor)"),
    of("asm", "x86 assembly", &["nasm", "assembly", "x86asm"], "x86_64 Assembly"),
    of("awk", "AWK", &["gawk"], "AWK"),
    of("bash", "Bash", &["sh", "shell", "zsh", "ash", "ksh", "dash", "shellscript", "bats"], "Bourne Again Shell (bash)"),
    of("bat", "Batch file", &["cmd", "batch", "dosbatch"], "Batch File"),
    of("bibtex", "BibTeX", &["bib"], "BibTeX"),
    of("c", "C", &["h"], "C"),
    of("clojure", "Clojure", &["clj", "cljs", "cljc", "edn"], "Clojure"),
    of("cmake", "CMake", &["cmakelists"], "CMake"),
    of("coffeescript", "CoffeeScript", &["coffee", "cson"], "CoffeeScript"),
    own("console", "Console", &["shell-session", "shellsession", "sh-session", "terminal", "bash-session", "session"], Grammar::Console),
    of("cpp", "C++", &["cc", "cxx", "hpp", "hxx", "hh", "cplusplus", "arduino", "ino", "cuda", "cu"], "C++"),
    of("crontab", "Crontab", &["cron"], "Crontab"),
    of("crystal", "Crystal", &["cr"], "Crystal"),
    of("csharp", "C#", &["cs", "csx", "dotnet"], "C#"),
    of("css", "CSS", &[], "CSS"),
    of("d", "D", &["dlang"], "D"),
    of("dart", "Dart", &["flutter"], "Dart"),
    of("diff", "Diff", &["patch", "udiff"], "Diff"),
    of("dockerfile", "Dockerfile", &["docker", "containerfile"], "Dockerfile (with bash)"),
    of("dot", "Graphviz DOT", &["gv"], "Graphviz (DOT)"),
    of("elixir", "Elixir", &["ex", "exs"], "Elixir"),
    of("elm", "Elm", &[], "Elm"),
    of("env", "Environment file", &["dotenv"], "DotENV"),
    of("erb", "ERB", &["rhtml", "html+erb"], "HTML (Rails)"),
    of("erlang", "Erlang", &["erl", "hrl"], "Erlang"),
    of("fish", "Fish", &[], "Fish"),
    of("fortran", "Fortran", &["f90", "f95", "f03", "f08", "f77"], "Fortran (Modern)"),
    of("fsharp", "F#", &["fs", "fsx", "fsi"], "F#"),
    of("gdscript", "GDScript", &["gd", "godot"], "GDScript (Godot Engine)"),
    of("gitconfig", "Git configuration", &["git-config"], "Git Config"),
    of("gitignore", "Git ignore file", &["dockerignore", "ignore"], "Git Ignore"),
    of("glsl", "GLSL", &["frag", "vert"], "GLSL"),
    of("gnuplot", "gnuplot", &["gp", "plt"], "gnuplot"),
    of("go", "Go", &["golang"], "Go"),
    of("gomod", "Go module", &["go.mod", "go-mod"], "Gomod"),
    of("graphql", "GraphQL", &["gql"], "GraphQL"),
    of("groovy", "Groovy", &["gradle", "jenkinsfile", "gvy"], "Groovy"),
    of("haml", "Haml", &[], "Ruby Haml"),
    of("haskell", "Haskell", &["hs"], "Haskell"),
    of("html", "HTML", &["htm", "xhtml"], "HTML"),
    of("http", "HTTP", &["https"], "HTTP Request and Response"),
    of("ini", "INI", &["cfg", "conf", "config", "editorconfig", "inf", "reg", "systemd", "desktop"], "INI"),
    of("java", "Java", &[], "Java"),
    of("javascript", "JavaScript", &["js", "mjs", "cjs", "jsx", "node", "ecmascript"], "JavaScript"),
    of("jinja", "Jinja", &["jinja2", "j2", "tera", "nunjucks", "njk", "liquid"], "Jinja2"),
    of("jq", "jq", &[], "JQ"),
    of("json", "JSON", &["jsonc", "json5", "jsonl", "ndjson", "geojson", "webmanifest", "ipynb"], "JSON"),
    of("jsonnet", "Jsonnet", &["libsonnet"], "jsonnet"),
    of("jsp", "JSP", &[], "Java Server Page (JSP)"),
    of("julia", "Julia", &["jl"], "Julia"),
    of("kotlin", "Kotlin", &["kt", "kts"], "Kotlin"),
    of("latex", "LaTeX", &["tex", "ltx"], "LaTeX"),
    of("less", "Less", &[], "Less"),
    of("lisp", "Lisp", &["elisp", "emacs-lisp", "scheme", "scm", "common-lisp", "el", "cl"], "Lisp"),
    of("llvm", "LLVM", &["ll"], "LLVM"),
    of("log", "Log", &[], "log"),
    of("lua", "Lua", &["luau"], "Lua"),
    of("makefile", "Makefile", &["make", "mk", "gnumakefile", "just", "justfile"], "Makefile"),
    of("markdown", "Markdown", &["md", "mdx", "mdown"], "Markdown"),
    of("matlab", "MATLAB", &["octave"], "MATLAB"),
    of("mediawiki", "MediaWiki", &["wikitext"], "MediaWiki"),
    of("nginx", "nginx", &["nginxconf", "nginx.conf"], "nginx"),
    of("nim", "Nim", &["nims"], "Nim"),
    of("ninja", "Ninja", &[], "Ninja"),
    of("nix", "Nix", &[], "Nix"),
    of("objc", "Objective-C", &["objective-c", "objectivec", "mm"], "Objective-C"),
    of("ocaml", "OCaml", &["ml", "mli"], "OCaml"),
    of("odin", "Odin", &[], "Odin"),
    of("org", "Org", &["orgmode"], "orgmode"),
    of("pascal", "Pascal", &["delphi", "pas"], "Pascal"),
    of("perl", "Perl", &["pl", "pm"], "Perl"),
    of("php", "PHP", &["php3", "php4", "php5", "phtml"], "PHP"),
    own("powershell", "PowerShell", &["ps1", "pwsh", "posh", "psm1"], Grammar::PowerShell),
    of("properties", "Properties", &["java-properties"], "Java Properties"),
    of("protobuf", "Protocol Buffers", &["proto"], "Protocol Buffer"),
    of("puppet", "Puppet", &["pp"], "Puppet"),
    of("purescript", "PureScript", &["purs"], "PureScript"),
    of("python", "Python", &["py", "py3", "python3", "pyi", "pycon", "starlark", "bazel", "bzl"], "Python"),
    of("qml", "QML", &[], "QML"),
    of("r", "R", &["rscript", "splus"], "R"),
    of("racket", "Racket", &["rkt"], "Racket"),
    of("regex", "Regular expression", &["regexp"], "Regular Expression"),
    of("rego", "Rego", &["opa"], "Rego"),
    of("rst", "reStructuredText", &["rest", "restructuredtext"], "reStructuredText"),
    of("ruby", "Ruby", &["rb", "rake", "gemfile", "rakefile", "irb", "gemspec", "vagrantfile", "podfile"], "Ruby"),
    of("rust", "Rust", &["rs"], "Rust"),
    of("sass", "Sass", &[], "Sass"),
    of("scala", "Scala", &["sbt", "sc"], "Scala"),
    of("scss", "SCSS", &[], "SCSS"),
    of("solidity", "Solidity", &["sol"], "Solidity"),
    of("sql", "SQL", &["mysql", "postgresql", "postgres", "pgsql", "plpgsql", "sqlite", "mariadb", "ddl", "dml", "psql", "tsql", "plsql"], "SQL"),
    of("ssh-config", "SSH configuration", &["sshconfig", "ssh_config"], "SSH Config"),
    of("stylus", "Stylus", &["styl"], "Stylus"),
    of("svelte", "Svelte", &[], "Svelte"),
    of("swift", "Swift", &[], "Swift"),
    of("systemverilog", "SystemVerilog", &["sv", "svh"], "SystemVerilog"),
    of("tcl", "Tcl", &["expect"], "Tcl"),
    of("terraform", "Terraform", &["tf", "hcl", "tfvars", "opentofu", "tofu", "packer", "nomad"], "Terraform"),
    own("text", "Plain text", &["txt", "plain", "plaintext", "none", "nohighlight", "no-highlight", "ascii", "output", "stdout", "tree", "raw", "prompt", "default"], Grammar::Plain),
    of("toml", "TOML", &["cargo.toml", "cargo.lock"], "TOML"),
    of("tsx", "TSX", &[], "TypeScriptReact"),
    of("twig", "Twig", &[], "HTML (Twig)"),
    of("typescript", "TypeScript", &["ts", "mts", "cts", "deno"], "TypeScript"),
    of("typst", "Typst", &["typ"], "Typst"),
    own("vcl", "Varnish VCL", &["varnish", "varnish4", "vtc"], Grammar::Vcl),
    of("verilog", "Verilog", &["v"], "Verilog"),
    of("vhdl", "VHDL", &["vhd"], "VHDL"),
    of("vim", "Vim script", &["viml", "vimscript", "vimrc", "nvim"], "VimL"),
    of("vue", "Vue", &[], "Vue Component"),
    of("wgsl", "WGSL", &[], "WGSL"),
    of("xml", "XML", &["xsd", "xsl", "xslt", "rss", "atom", "plist", "xaml", "opml", "wsdl", "pom"], "XML"),
    of("yaml", "YAML", &["yml", "cloudformation", "docker-compose", "compose", "openapi", "k8s", "ansible"], "YAML"),
    of("zig", "Zig", &["zon"], "Zig"),
];

#[cfg(test)]
mod tests {
    use super::{LANGUAGES, language, nearest};

    #[test]
    fn no_word_stands_for_two_languages() {
        let mut words: Vec<(&str, &str)> = LANGUAGES
            .iter()
            .flat_map(|language| {
                let words = [language.word].into_iter().chain(language.aliases.iter().copied());
                words.map(|word| (word, language.word))
            })
            .collect();
        words.sort_unstable();
        for pair in words.windows(2) {
            assert_ne!(pair[0].0, pair[1].0, "of {} and {}", pair[0].1, pair[1].1);
        }
        assert!(LANGUAGES.is_sorted_by(|a, b| a.word < b.word));
    }

    #[test]
    fn the_words_that_people_type_are_known() {
        for (word, known) in [
            ("rs", "rust"),
            ("JS", "javascript"),
            ("py", "python"),
            ("ts", "typescript"),
            ("C++", "cpp"),
            ("sh", "bash"),
            ("shell", "bash"),
            ("console", "console"),
            ("jsonc", "json"),
            ("yml", "yaml"),
            ("docker", "dockerfile"),
            ("Dockerfile", "dockerfile"),
            ("hcl", "terraform"),
            ("nginx", "nginx"),
            ("apache", "apache"),
            ("vcl", "vcl"),
            ("md", "markdown"),
        ] {
            assert_eq!(language(word).map(|found| found.word), Some(known), "{word}");
        }
        assert_eq!(language("ruts"), None);
        assert_eq!(nearest("ruts"), Some("rust"));
        assert_eq!(nearest("pyhton"), Some("python"));
        assert_eq!(nearest("xyzzy"), None);
    }
}
