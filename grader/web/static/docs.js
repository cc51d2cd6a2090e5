// Reads the OpenAPI document of this server into the page.
const place = document.getElementById("docs");
SwaggerUIBundle({
  domNode: place,
  url: place.dataset.document,
  deepLinking: true,
  docExpansion: "list",
  defaultModelsExpandDepth: 0,
  // Nothing is sent to anybody else to be looked over.
  validatorUrl: null,
});
