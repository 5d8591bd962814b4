//! The one file that names the library which lays diagrams out.

use std::sync::LazyLock;

use merman::runtime::RuntimePolicy;
use merman::svg::SvgPipeline;
use merman::{
    Engine, MermaidConfig, OperationControl, RenderError, RenderOutput, RenderRequest, Renderer,
    SvgRequest,
};

use super::Fault;

/// Lays out the same way on every machine, at any time: no clock, no chance, no font of the machine.
static RENDERER: LazyLock<Renderer> = LazyLock::new(|| {
    let plain = serde_json::json!({ "htmlLabels": false });
    let config = serde_json::json!({
        "look": "classic",
        "theme": "neutral",
        "fontSize": 16,
        "htmlLabels": false,
        "flowchart": plain,
        "class": plain,
        "state": plain,
    });
    let engine = Engine::new().with_site_config(MermaidConfig::from_value(config));
    Renderer::new().with_engine(engine).with_runtime_policy(RuntimePolicy::deterministic())
});

/// Draws a diagram as the library does: with colours and style sheets of its own.
pub(super) fn svg(text: &str) -> Result<String, Fault> {
    let pipeline = Some(SvgPipeline::resvg_safe());
    let request = SvgRequest { pipeline, ..SvgRequest::default() };
    match RENDERER.render(RenderRequest::svg(text, OperationControl::new(), request)) {
        Ok(RenderOutput::Svg(Some(output))) => Ok(output.svg().to_owned()),
        Ok(_) => Err(Fault::new("the diagram is empty".to_owned(), None)),
        Err(error) => Err(fault(&error, text)),
    }
}

fn fault(error: &RenderError, text: &str) -> Fault {
    let RenderError::Parse(found) = error else {
        return Fault::new(error.to_string(), None);
    };
    let details = found.terminal_diagnostic_details();
    let foreign = matches!(
        details.code.as_str(),
        "merman.parse.unsupported_diagram" | "merman.parse.no_diagram_detected"
    );
    let message = match (details.code.as_str(), details.diagram_type.as_deref()) {
        ("merman.parse.unsupported_diagram", Some(kind)) => {
            format!("a diagram of kind `{kind}` cannot be drawn")
        }
        ("merman.parse.no_diagram_detected", _) => "no kind of diagram begins so".to_owned(),
        _ => {
            let message = found.to_string();
            let short = message.split_once("): ").map_or(&*message, |(_, short)| short);
            short.trim_end_matches('.').to_owned()
        }
    };
    let at = details.span.as_ref().map(|span| {
        let start = text.floor_char_boundary(span.start.min(text.len()));
        start..text.ceil_char_boundary(span.end.clamp(start, text.len()))
    });
    Fault { message, at, foreign }
}
