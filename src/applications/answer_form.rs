//! The form of one question: what was typed, and the file that comes with it.

use super::typed::Fields;
use crate::documents::Upload;
use crate::http::{FormState, Parts, Posted};
use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpMessage, HttpRequest};
use std::future::Future;
use std::pin::Pin;

/// One form, so that adding a file never loses what was typed beside it. Questions that take files send it as
/// multipart, the others as plain fields.
pub struct AnswerForm {
    /// What was typed, by field.
    pub fields: Fields,
    /// Which button was pressed.
    pub go: String,
    /// What the file belongs to.
    pub about: String,
    /// The file, when one was chosen.
    pub file: Option<Upload>,
    /// What was typed, to be shown again.
    pub state: FormState,
    /// Bytes of everything that came, to tell a body that was cut.
    pub held: usize,
}

impl AnswerForm {
    fn of(mut fields: Fields, file: Option<Upload>) -> Self {
        fields.remove("csrf");
        let go = fields.remove("go").unwrap_or_default();
        let about = fields.remove("about").unwrap_or_default();
        let held = fields.values().map(String::len).sum::<usize>() + file.as_ref().map_or(0, |f| f.bytes.len());
        AnswerForm { state: FormState::filled(fields.clone()), fields, go, about, file, held }
    }
}

impl FromRequest for AnswerForm {
    type Error = actix_web::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self, actix_web::Error>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        if request.content_type().starts_with("multipart/") {
            let parts = Parts::from_request(request, payload);
            Box::pin(async move {
                let parts = parts.await?;
                let file = parts.file("file");
                Ok(AnswerForm::of(parts.fields, file))
            })
        } else {
            let posted = Posted::<Fields>::from_request(request, payload);
            Box::pin(async move { Ok(AnswerForm::of(posted.await?.input, None)) })
        }
    }
}
