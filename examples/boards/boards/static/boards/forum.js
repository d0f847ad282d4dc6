/* Small comforts. Every page works without this script. */

const WARN_BELOW = 500;

/** Ctrl+Enter or Cmd+Enter in a message posts it. */
function submitByKeyboard(textarea) {
  textarea.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      textarea.form.requestSubmit();
    }
  });
}

/** The text area grows with its text. */
function growWithText(textarea) {
  const grow = () => {
    textarea.style.height = "auto";
    const borders = textarea.offsetHeight - textarea.clientHeight;
    textarea.style.height = `${textarea.scrollHeight + borders}px`;
  };
  textarea.addEventListener("input", grow);
  grow();
}

/** Says how many characters are left when few are. */
function countDown(textarea) {
  const limit = textarea.maxLength;
  if (limit < 0) return;

  const count = document.createElement("p");
  count.className = "meta form__count";
  count.hidden = true;
  textarea.after(count);

  textarea.addEventListener("input", () => {
    const left = limit - textarea.value.length;
    count.hidden = left > Math.min(WARN_BELOW, limit / 2);
    count.textContent = left === 1 ? "1 character left" : `${left} characters left`;
    count.classList.toggle("form__count--over", left <= 0);
  });
}

/** A chosen picture is shown in place of the present one before it is saved. */
function previewAvatar(input) {
  const header = document.querySelector(".panel__header");
  input.addEventListener("change", () => {
    const [file] = input.files;
    if (!file?.type.startsWith("image/")) return;

    const preview = document.createElement("img");
    preview.className = "avatar avatar--huge";
    preview.alt = "";
    preview.addEventListener("load", () => {
      URL.revokeObjectURL(preview.src);
      header.querySelector(".avatar").replaceWith(preview);
    });
    preview.src = URL.createObjectURL(file);
  });
}

/** A form sends once, however often its button is pressed. */
function sendOnce(form) {
  form.addEventListener("submit", () => {
    const button = form.querySelector("button[type=submit]");
    // After the event, so that the button still takes part in the submission.
    setTimeout(() => (button.disabled = true));
  });
  // The browser may show the page again as it was left, with the button disabled.
  window.addEventListener("pageshow", (event) => {
    if (event.persisted) form.querySelector("button[type=submit]").disabled = false;
  });
}

/** Times are shown in full in the reader's own time zone. */
function localTime(time) {
  const format = { dateStyle: "long", timeStyle: "short" };
  time.title = new Intl.DateTimeFormat(undefined, format).format(new Date(time.dateTime));
}

for (const textarea of document.querySelectorAll("textarea")) {
  submitByKeyboard(textarea);
  growWithText(textarea);
  countDown(textarea);
}
for (const input of document.querySelectorAll("input[type=file]")) previewAvatar(input);
for (const form of document.querySelectorAll("form[method=post]")) sendOnce(form);
for (const time of document.querySelectorAll("time")) localTime(time);
