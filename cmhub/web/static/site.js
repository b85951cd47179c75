(function () {
  "use strict";

  // The browser knows where its user is; a list that lacks the zone gets it.
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  document.querySelectorAll("[data-zone]").forEach((field) => {
    if (!zone || (field.tagName === "INPUT" && field.value)) return;
    if (field.tagName === "INPUT") {
      field.value = zone;
      return;
    }
    const known = (one) => one.value === zone || one.dataset.also?.split(" ").includes(zone);
    let option = [...field.options].find(known);
    if (!option) field.add(option = new Option(zone, zone), 0);
    option.selected = true;
  });

  document.querySelectorAll("[data-reveals]").forEach((button) => {
    const field = document.getElementById(button.dataset.reveals);
    button.hidden = false;
    button.addEventListener("click", () => {
      const shown = field.type === "text";
      field.type = shown ? "password" : "text";
      button.textContent = shown ? button.dataset.show : button.dataset.hide;
    });
    // Browsers remember what was typed into fields of type text.
    field.form.addEventListener("submit", () => { field.type = "password"; });
  });

  // A second press while the answer is on its way would only be refused.
  document.querySelectorAll("form").forEach((form) => {
    form.addEventListener("submit", (event) => {
      if (form.dataset.sent) event.preventDefault();
      form.dataset.sent = "yes";
    });
  });
  addEventListener("pageshow", () => {
    document.querySelectorAll("form").forEach((form) => { delete form.dataset.sent; });
  });
})();
