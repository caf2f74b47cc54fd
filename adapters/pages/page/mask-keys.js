// Everything by keyboard: a crosshair that the arrows move, Space to start and end a stroke, a key for each tool.

const STEP = 0.02; // of the picture's longer edge, when it fits the window; less when zoomed in
const FAR = 5; // times that, with Shift
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

/** `does` has a function for each key that does what a button does, too; see mask.js. */
export function followKeys(view, hand, space, does) {
  const { canvas, painting } = view;

  document.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) return takes(event, does.send);
    if (isTyping(event.target) || document.querySelector("dialog[open], #done:not([hidden])")) return;
    if (event.ctrlKey || event.metaKey) return withControl(event);
    if (event.altKey) return;
    if (event.key === " " && !isControl(event.target)) return holdSpace(event);
    if (event.key === "Escape" && hand.isBusy) return takes(event, takeBack);
    if (event.target === canvas && event.key in ARROWS) return takes(event, () => step(event));
    if (event.target.matches("input") && !/^[a-z?[\]]$/i.test(event.key)) return; // the slider's own keys
    const act = does.keys[event.key.length === 1 ? event.key.toLowerCase() : event.key];
    if (act && !hand.isBusy) takes(event, act);
  });

  document.addEventListener("keyup", (event) => {
    if (event.key !== " " || !space.isDown) return;
    space.isDown = false;
    canvas.classList.remove("holding");
    if (document.activeElement === canvas && !space.used) toggle();
  });

  addEventListener("blur", () => { space.isDown = false; canvas.classList.remove("holding"); });
  canvas.addEventListener("blur", () => { if (hand.crosshair) leave(); });

  function withControl(event) {
    const key = event.key.toLowerCase();
    if (key === "z") takes(event, event.shiftKey ? does.redo : does.undo);
    else if (key === "y") takes(event, does.redo);
  }

  function holdSpace(event) {
    event.preventDefault();
    if (event.repeat || space.isDown) return;
    space.isDown = true;
    space.used = false;
    canvas.classList.add("holding");
  }

  function step(event) {
    const [dx, dy] = ARROWS[event.key];
    const far = event.shiftKey ? FAR : 1;
    const by = (STEP * far * Math.max(painting.width, painting.height) * view.fitting) / view.scale;
    const [x, y] = crosshair();
    hand.crosshair = [clamp(x + dx * by, painting.width), clamp(y + dy * by, painting.height)];
    if (hand.isBusy) hand.move(hand.crosshair);
    view.reveal(hand.crosshair);
    hand.say(whereabouts());
  }

  /** Start a stroke at the crosshair, or end it there. */
  function toggle() {
    hand.crosshair = crosshair();
    if (hand.isBusy) return hand.end();
    hand.begin(hand.crosshair);
    hand.say(`${hand.name} started at ${whereabouts()}. Move with the arrow keys; Space ends it.`);
  }

  function takeBack() {
    hand.cancel();
    hand.say("Taken back.", true);
  }

  function crosshair() {
    return hand.crosshair || [painting.width / 2, painting.height / 2];
  }

  function whereabouts() {
    const [x, y] = hand.crosshair;
    return `${Math.round((100 * x) / painting.width)} % across, ${Math.round((100 * y) / painting.height)} % down`;
  }

  function leave() {
    hand.end();
    hand.crosshair = null;
    view.request();
  }
}

function takes(event, act) {
  event.preventDefault();
  act();
}

const isTyping = (target) => target.matches("textarea, input:not([type=range])");
const isControl = (target) => target.matches("button, input, textarea, a");
const clamp = (value, most) => Math.min(Math.max(value, 0), most);
