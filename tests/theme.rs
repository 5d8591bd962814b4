//! The CSS of themes and decks: what becomes of selectors, values and names, and what is told.

use kamishibai::source::SourcePath;
use kamishibai::theme::{Scope, Sheet, Themes, parse};

/// Writes a sheet for a scope `[s]` whose names end in `x`.
fn written(css: &str) -> String {
    let sheet = parse(css);
    let mut scope = Scope::new("[s]".to_owned(), "x".to_owned());
    scope.define(&sheet);
    let mut out = String::new();
    sheet.write(&mut out, &scope, &|address| Some(format!("at/{address}")));
    out
}

#[track_caller]
fn check(css: &str, expected: &str) {
    let faults = parse(css).faults;
    assert!(faults.is_empty(), "{css}: {faults:?}");
    assert_eq!(written(css), expected);
}

/// Checks that a selector becomes another.
#[track_caller]
fn selects(selector: &str, expected: &str) {
    check(&format!("{selector} {{ color: red }}"), &format!("{expected}{{color:red;}}"));
}

/// Checks what is told of a sheet, as code, line and column, and what is left of it.
#[track_caller]
fn told(css: &str, expected: &[&str], left: &str) {
    let place = |at: usize| {
        let before = &css[..at];
        let line = before.matches('\n').count() + 1;
        (line, before.chars().rev().take_while(|c| *c != '\n').count() + 1)
    };
    let faults: Vec<String> = parse(css)
        .faults
        .iter()
        .map(|fault| {
            let (line, column) = place(fault.at.start);
            format!("{line}:{column} {}: {}", fault.rule.code, fault.message)
        })
        .collect();
    assert_eq!(faults, expected, "{css}");
    assert_eq!(written(css), left);
}

#[test]
fn a_slide_is_selected_as_in_marp() {
    selects("section", ".slide[s]");
    selects("SECTION", ".slide[s]");
    selects(":root", ".slide[s].slide");
    selects(":root.lead", ".slide[s].slide.lead");
    selects("section.lead", ".slide[s].lead");
    selects("section:not(.lead):first-of-type", ".slide[s]:not(.lead):first-of-type");
    selects("section[data-class~=\"lead\"]", ".slide[s][data-class~=\"lead\"]");
    selects("section::after", ".slide[s]::after,.slide[s]>:where(.slide-pseudo)::after");
    selects("section:before", ".slide[s]:before,.slide[s]>:where(.slide-pseudo):before");
    selects("section h1", ".slide[s] h1");
    selects("section > h1 + p", ".slide[s]>h1+p");
    selects("section  >  h1 , h2~p", ".slide[s]>h1,.slide[s] h2~p");
    selects("section/* a */.lead/**/ h1", ".slide[s].lead h1");
    selects("section section.footnotes", ".slide[s] section.footnotes");
}

#[test]
fn everything_else_is_selected_on_slides_only() {
    selects("h1", ".slide[s] h1");
    selects("*", ".slide[s] *");
    selects("body", ".slide[s] body");
    selects(".card", ".slide[s] .card");
    selects("header, footer", ".slide[s] header,.slide[s] footer");
    selects("::selection", ".slide[s] ::selection");
    selects("li::marker", ".slide[s] li::marker");
    selects("li:nth-child(2n + 1 of .x)", ".slide[s] li:nth-child(2n + 1 of .x)");
    selects("a[href^='x y' i]", ".slide[s] a[href^=\"x y\" i]");
    selects("#\\33", ".slide[s] #\\33 ");
}

#[test]
fn marpits_elements_become_ours() {
    selects("div.marpit > svg > foreignObject > section", ".slide[s]");
    selects("div.marpit>svg[data-marpit-svg]>foreignObject>section h1", ".slide[s] h1");
    selects("div.marpit h1", ".slide[s] h1");
    selects("body section.lead", ".slide[s].lead");
    selects(":is(h1, marp-h1)", ".slide[s] :is(h1,h1)");
    selects("marp-pre code", ".slide[s] pre code");
    selects("h1[is=\"marp-h1\"]", ".slide[s] h1");
    selects("[data-marpit-fragment]", ".slide[s] [data-step]");
    selects("li[data-bespoke-marp-fragment=inactive]", ".slide[s] li:not(.shown)");
    selects(
        "section [data-marpit-advanced-background-container] > figure",
        ".slide[s] .slide-backgrounds>figure",
    );
    selects(
        "section[data-marpit-advanced-background=\"background\"] figure",
        ".slide[s]>.slide-backgrounds figure",
    );
    selects(
        "section[data-marpit-advanced-background=\"background\"] > div[data-marpit-advanced-background-container]\
         [data-marpit-advanced-background-direction=vertical] > figure",
        ".slide[s]>div.slide-backgrounds[data-direction=\"vertical\"]>figure",
    );
    selects(
        "section[data-marpit-advanced-background-split=left] h1",
        ".slide[s]:has(>.slide-backgrounds[data-split=\"left\"]) h1",
    );
    selects(
        "section[data-marpit-advanced-background='content'].a",
        ".slide[s]:has(>.slide-backgrounds).a",
    );
    selects(
        ":is(section.a, :root.b) h1",
        ":is(section.a,:is(.slide).b):is(.slide[s],.slide[s] *) h1",
    );
    selects(":where(section)", ":where(section):is(.slide[s],.slide[s] *)");
}

#[test]
fn backgrounds_are_no_children_that_count() {
    let counted = " of :where(:not(.slide-backgrounds,.slide-pseudo))";
    selects("section > :last-child", &format!(".slide[s]>:nth-last-child(1{counted})"));
    selects("p:Last-Child", &format!(".slide[s] p:nth-last-child(1{counted})"));
    selects("p:nth-last-child(2n + 1)", &format!(".slide[s] p:nth-last-child(2n + 1{counted})"));
    selects("p:nth-last-child(1 of .a)", ".slide[s] p:nth-last-child(1 of .a)");
    selects(
        "p:not(:only-child)",
        &format!(
            ".slide[s] p:not(:is(:only-child,:where(:first-child:nth-last-child(1{counted}))))"
        ),
    );
    selects("li:last-child, td:only-child", ".slide[s] li:last-child,.slide[s] td:only-child");
    selects("p:first-child", ".slide[s] p:first-child");
}

#[test]
fn classes_are_named_by_attributes_too() {
    let sheet =
        parse("section[data-class~=\"a\"] h1, [class = 'b c'], .d, [data-size='e'] { color: red }");
    let classes: Vec<&str> = sheet.classes.iter().map(String::as_str).collect();
    assert_eq!(classes, ["a", "b", "c", "d"]);
}

#[test]
fn the_letterbox_takes_a_ground_and_nothing_more() {
    let stage = |slide: &str| format!("html[data-view=\"stage\"] main.deck:has(>.current>{slide})");
    check(
        "::backdrop, section::backdrop { background: red; display: none }",
        &format!("{},{}{{background:red!important;}}", stage(".slide[s]"), stage(".slide[s]")),
    );
    check(
        "section.invert::backdrop { background-color: red !important }",
        &format!("{}{{background-color:red !important;}}", stage(".slide[s].invert")),
    );
}

#[test]
fn what_stands_around_the_slide_stays_as_it_is() {
    told(
        "div.marpit { color: red }\nsvg[data-marpit-svg] { color: red }\nh1 { color: red }",
        &[
            "1:1 css-scope: `div.marpit` stands around the slide",
            "2:1 css-scope: `svg[data-marpit-svg]` stands around the slide",
        ],
        ".slide[s] h1{color:red;}",
    );
    told(
        "section + section, section ~ * { color: red } section { & + nav { color: red } ~ p { color: red } }",
        &[
            "1:1 css-scope: `section + section` looks for what stands beside the slide",
            "1:57 css-scope: `& + nav` looks for what stands beside the slide",
            "1:82 css-scope: `p` looks for what stands beside the slide",
        ],
        "",
    );
    check(
        "@charset 'x'; @namespace svg url(x); @page { size: A4 } @view-transition { navigation: auto }",
        "",
    );
}

#[test]
fn nested_rules_follow_the_rule_around_them() {
    check(
        "section { color: red; h1 { color: red; &:hover { color: blue } } &.lead > p { color: red } .dark & { color: red } }",
        ".slide[s]{color:red;h1{color:red;&:hover{color:blue;}}&.lead>p{color:red;}.slide[s] .dark &{color:red;}}",
    );
    check(
        "section { a:hover { color: red } > p { color: red } }",
        ".slide[s]{a:hover{color:red;}>p{color:red;}}",
    );
    check(
        "@media print { section { color: red } @supports (gap: 1px) { h1 { gap: 1px } } }",
        "@media print{.slide[s]{color:red;}@supports (gap:1px){.slide[s] h1{gap:1px;}}}",
    );
    check(
        "@container (min-width: 40rem) { h1 { color: red } } section { @media print { color: red; } }",
        "@container (min-width:40rem){.slide[s] h1{color:red;}}.slide[s]{@media print{color:red;}}",
    );
    check(
        "@layer a, b.c; @layer a { h1 { color: red } } @layer { p { color: red } }",
        "@layer a-x,b-x.c-x;@layer a-x{.slide[s] h1{color:red;}}@layer {.slide[s] p{color:red;}}",
    );
    check(
        "@scope (section.a) to (img) { p { color: red } }",
        "@scope (.slide[s].a) to (.slide[s] img){.slide[s] p{color:red;}}",
    );
    check(
        "section { &::after { content: 'x'; color: red } }",
        ".slide[s]{&::after,&>:where(.slide-pseudo)::after{color:red;}}",
    );
}

#[test]
fn values_follow_the_slide() {
    check(
        "h1 { font-size: 1.5rem; margin: -.5rem auto }",
        ".slide[s] h1{font-size:calc(1.5*var(--slide-rem,16px));margin:calc(-.5*var(--slide-rem,16px)) auto;}",
    );
    check(
        "section { font-size: 2rem; padding: 1rem }",
        ".slide[s]{font-size:calc(2*16px);padding:calc(1*var(--slide-rem,16px));}",
    );
    check(
        "section::after { content: 'Page ' attr(data-marpit-pagination) ' / ' attr(data-marpit-pagination-total) }",
        ".slide[s]::after,.slide[s]>:where(.slide-pseudo)::after{content:\"Page \" attr(data-marpit-pagination) \" / \" attr(data-marpit-pagination-total);}",
    );
    check(
        "section::after { content: 'no number' } section::before { content: 'free' }",
        ".slide[s]::before,.slide[s]>:where(.slide-pseudo)::before{content:\"free\";}",
    );
    check(
        "h1 { color: RED !important; --a : { x:y } ; --b:; font: 1em/2 'A B', serif }",
        ".slide[s] h1{color:RED !important;--a:{x:y};--b:;font:1em/2 \"A B\",serif;}",
    );
    check("h1 { width: calc( 100% - (2 * 3px) ) }", ".slide[s] h1{width:calc(100% - (2 * 3px));}");
    let sheet =
        parse("section { width: 25.4cm; height: 540pt; color: red } section.a { width: 50% }");
    assert_eq!((sheet.width.map(f64::round), sheet.height), (Some(960.0), Some(720.0)));
    assert!(sheet.classes.contains("a"));
}

#[test]
fn names_are_told_apart_by_scope() {
    check(
        "@keyframes fade { from, 50% { opacity: 0 } to { opacity: 1 } } h1 { animation: fade 1s steps(2, end) infinite, other 1s; animation-name: fade }",
        "@keyframes fade-x{from,50%{opacity:0;}to{opacity:1;}}.slide[s] h1{animation:fade-x 1s steps(2,end) infinite,other 1s;animation-name:fade-x;}",
    );
    check(
        "@keyframes marp-transition-mine { from { opacity: 0 } }",
        "@keyframes marp-transition-mine{from{opacity:0;}}",
    );
    check(
        "@property --tone { syntax: '<color>'; inherits: true; initial-value: red } h1 { --tone: blue; color: var(--tone, var(--free)) }",
        "@property --tone-x{syntax:\"<color>\";inherits:true;initial-value:red;}.slide[s] h1{--tone-x:blue;color:var(--tone-x,var(--free));}",
    );
}

#[test]
fn addresses_lead_to_files_of_the_site() {
    check(
        "h1 { background: url(a.png), url( 'b c.png' ) }",
        ".slide[s] h1{background:url(\"at/a.png\"),url(\"at/b c.png\");}",
    );
    check(
        "h1 { background: image-set('a.png' 1x, url(b.png) 2x); filter: url(#f) }",
        ".slide[s] h1{background:image-set(url(\"at/a.png\") 1x,url(\"at/b.png\") 2x);filter:url(\"#f\");}",
    );
    check(
        "@font-face { font-family: 'A'; src: url(a.woff2) format('woff2') }",
        "@font-face {font-family:\"A\";src:url(\"at/a.woff2\") format(\"woff2\");}",
    );
    let sheet = parse(
        "h1 { background: url(data:image/png;base64,aGFsbG8=) } p { background: url('data:image/png;base64,aGFsbG8=') }",
    );
    assert_eq!(sheet.files.len(), 1, "equal files are one");
    assert_eq!(sheet.files[0].bytes, b"hallo");
    told(
        "@import url('https://fonts.example/css?family=A');\n@font-face { font-family: A; src: url(//a.example/a.woff2) }\nh1 { background: url(HTTP://a.example/a.png); color: red }",
        &[
            "1:1 css-remote: `https://fonts.example/css?family=A` lies elsewhere and is left out",
            "2:35 css-remote: `//a.example/a.woff2` lies elsewhere and is left out",
            "3:18 css-remote: `HTTP://a.example/a.png` lies elsewhere and is left out",
        ],
        "@font-face {font-family:A;}.slide[s] h1{color:red;}",
    );
}

#[test]
fn broken_css_is_told_where_it_is_and_nothing_else_is_lost() {
    told(
        "h1 { color red; margin: 0 }",
        &["1:6 css-syntax: `color red` is no declaration"],
        ".slide[s] h1{margin:0;}",
    );
    told(
        "h1 { color: ; margin: 0 }",
        &["1:6 css-syntax: `color` has no value"],
        ".slide[s] h1{margin:0;}",
    );
    told(
        "// x\nh1 { color: red }\np { color: red }",
        &["1:1 css-syntax: `/` cannot stand in a selector"],
        ".slide[s] p{color:red;}",
    );
    told(
        "h1 {\n  color: red;\n",
        &["1:4 css-syntax: this block has no end"],
        ".slide[s] h1{color:red;}",
    );
    told(
        "h1 { color: red }\n}\np { color: red }",
        &["2:1 css-syntax: `}` cannot stand in a selector"],
        ".slide[s] h1{color:red;}",
    );
    told(
        "h1 { content: \"x\n; color: red }",
        &["1:15 css-syntax: `\"x` has no end"],
        ".slide[s] h1{color:red;}",
    );
    told(
        "h1 { width: calc(1px; color: red }",
        &["1:13 css-syntax: this bracket has no end", "1:4 css-syntax: this block has no end"],
        "",
    );
    told("h1", &["1:1 css-syntax: `h1` is followed by no block"], "");
}

#[test]
fn broken_selectors_are_told_where_they_are() {
    told(
        "h1, { color: red } , { color: red } h1 > { color: red }",
        &[
            "1:1 css-syntax: a selector is missing",
            "1:20 css-syntax: a selector is missing",
            "1:37 css-syntax: a selector is missing",
        ],
        "",
    );
    told(
        "> h1 { color: red } h1 > > p { color: red }",
        &[
            "1:1 css-syntax: `>` stands before nothing to begin from",
            "1:26 css-syntax: `>` follows another combinator",
        ],
        "",
    );
    told(
        "h1 { color: red\np { margin: 0 } }",
        &["1:11 css-syntax: `:` is followed by no name"],
        "",
    );
    told(
        "@include x; @tailwind { a: b } h1 { color: red }",
        &[
            "1:1 css-syntax: `@include x` is no rule that a slide can have",
            "1:13 css-syntax: `@tailwind` is no rule that a slide can have",
        ],
        ".slide[s] h1{color:red;}",
    );
    told(
        "h1::backdrop, section::backdrop, h1 { color: red }",
        &["1:1 css-syntax: `::backdrop` shares a rule with what is no backdrop"],
        "",
    );
}

#[test]
fn no_text_breaks_out_of_its_rule() {
    let deep = format!("h1{{a:{}", "(".repeat(100_000));
    for css in [
        "h1{color:red\\",
        "h1{content:'\\",
        "h1{--a:\\",
        "h1{background:url(a\\",
        "@media (",
        "h1{--a:{",
        &deep,
        "@keyframes x{from{a:b",
        "\0",
        "h1\0{a:b}",
    ] {
        let out = written(css);
        let open = out.matches(['{', '(', '[']).count();
        assert_eq!(open, out.matches(['}', ')', ']']).count(), "{css:.40}: {out}");
        assert!(!out.contains('\\') || out.ends_with('}'), "{css:.40}: {out}");
    }
}

fn themes(files: &[(&str, &str)]) -> Themes {
    let files = files
        .iter()
        .map(|(name, css)| (SourcePath::new(format!("templates/themes/{name}.css")), *css, true));
    Themes::new(files)
}

fn messages(themes: &Themes) -> Vec<String> {
    let line = |d: &kamishibai::diagnostic::Diagnostic| {
        format!("{} {}: {} ({})", d.path.file_name(), d.rule.code, d.message, d.help)
    };
    themes.diagnostics.iter().map(line).collect()
}

#[test]
fn a_theme_without_a_font_has_the_browsers_own() {
    let set = themes(&[("plain", "/* @theme plain */ section { padding: 1px }")]);
    let css = set.css(set.get("plain").expect("it was read"), &|_, _| None);
    assert!(css.contains("font-family:initial") && !css.contains("sans-serif"), "{css}");
}

#[test]
fn a_theme_takes_over_what_it_imports() {
    let set = themes(&[
        (
            "a",
            "/* @theme a */ /*\n * @size wide 1600px 900px\n * @size 4:3 false\n@auto-scaling fittingHeader,code\n*/ @keyframes k { from { color: red } } section { color: red }",
        ),
        ("b", "/*! @theme b */ @import 'a'; @import-theme \"a\"; section.own { animation: k 1s }"),
        (
            "c",
            "/* @theme c */ @import url(b); section { width: 1024px; height: 768px } /* @auto-scaling false */",
        ),
    ]);
    assert!(set.diagnostics.is_empty(), "{:?}", messages(&set));
    let [a, b, c] = ["a", "b", "c"].map(|name| set.get(name).expect("it was read"));
    assert_eq!(a.sizes().collect::<Vec<_>>(), ["16:9", "wide"]);
    assert_eq!(b.sizes().collect::<Vec<_>>(), ["16:9", "wide"]);
    assert_eq!(c.sizes().collect::<Vec<_>>(), ["wide"], "its own shape stands for the common ones");
    assert_eq!((a.auto_scaling.as_str(), c.auto_scaling.as_str()), ("fittingHeader code", ""));
    let frame = |theme: &kamishibai::theme::Theme, size| {
        let frame = theme.frame(size);
        (frame.name, frame.width, frame.height)
    };
    assert_eq!(frame(b, Some("wide")), ("wide".to_owned(), 1600.0, 900.0));
    assert_eq!(frame(b, None), (String::new(), 1280.0, 720.0));
    assert_eq!(frame(c, Some("none")), (String::new(), 1024.0, 768.0));
    let css = set.css(b, &|_, _| None);
    let own = css.split_once("section").map_or(css.as_str(), |_| &css);
    assert_eq!(own.matches("@keyframes k-").count(), 1, "imported once");
    assert!(own.contains(".slide:where([data-theme=\"b\"]){color:red;}"), "{own}");
    assert!(!own.contains("[data-theme=\"a\"]"), "{own}");
    let name = own.split("animation:").nth(1).and_then(|rest| rest.split(' ').next());
    assert!(name.is_some_and(|name| own.contains(&format!("@keyframes {name}{{"))), "{own}");
}

#[test]
fn what_is_wrong_with_themes_is_told() {
    let set = themes(&[
        ("a", "/* @theme a */ @import 'b';"),
        ("b", "/* @theme b */ @import 'a'; @import 'gone'; @import 'defalt';"),
        ("c", "/* no name */ section { color: red }"),
        ("d", "/* @theme a */"),
        ("default", "/* @theme default */ /* @size wide big */"),
        ("self", "/* @theme self */ @import 'self';"),
    ]);
    assert_eq!(
        messages(&set),
        [
            "c.css theme-name: the theme does not say its name (write /* @theme c */ into its first line)",
            "d.css theme-name: the site has another theme `a` (give one of them another name)",
            "default.css bad-value: the size does not say a width and a height (write `@size wide 1600px 900px`)",
            "a.css theme-import: `b` imports this theme in turn (take one of the imports out)",
            "b.css theme-import: `a` imports this theme in turn (take one of the imports out)",
            "b.css theme-import: there is no theme `gone` (the themes: a, b, c, default, self; templates/themes/NAME.css adds one)",
            "b.css theme-import: there is no theme `defalt` (did you mean `default`?)",
            "self.css theme-import: the themes import each other in a circle: self → self (take one of the imports out)",
        ]
    );
    assert!(set.get("c").is_some(), "without a name it goes by its file's");
}

#[test]
fn an_empty_sheet_is_empty() {
    assert!(parse(" /* nothing */ h1 {} @media print { h1 { } }").is_empty());
    assert!(Sheet::default().is_empty());
}
