// Mouse, pen and fingers. One finger paints, two move and zoom; while a pen is down, fingers are a resting palm.

const WHEEL_SPEED = 0.0016;

/** `space.isDown`: the space bar is held, so that a drag moves the picture; `space.used` says that it did. */
export function followPointers(view, hand, space) {
  const { canvas } = view;
  const fingers = new Map();
  let holder = null; // {id, does: "paint" | "pan", from: the event it was last at}
  let pen = null;
  let pinched = false;

  canvas.addEventListener("contextmenu", (event) => event.preventDefault());
  canvas.addEventListener("wheel", (event) => {
    event.preventDefault();
    const box = canvas.getBoundingClientRect();
    const lines = event.deltaMode === 1 ? 16 : 1;
    const speed = event.ctrlKey ? 6 * WHEEL_SPEED : WHEEL_SPEED; // a pinch on a touchpad comes in small steps
    view.zoom(Math.exp(-event.deltaY * lines * speed), event.clientX - box.left, event.clientY - box.top);
  }, { passive: false });

  canvas.addEventListener("pointerdown", (event) => {
    canvas.focus({ preventScroll: true });
    hand.crosshair = null;
    if (event.pointerType === "touch" && !takeFinger(event)) return;
    if (event.pointerType === "pen") takePen(event);
    if (holder || event.button === 2) return;
    canvas.setPointerCapture(event.pointerId);
    if (event.button === 1 || space.isDown) {
      event.preventDefault(); // no autoscroll
      space.used = space.isDown;
      holder = { id: event.pointerId, does: "pan", from: event };
      canvas.classList.add("panning");
    } else {
      holder = { id: event.pointerId, does: "paint" };
      hand.begin(view.spot(event), { width: widthOf(event), erase: event.altKey || Boolean(event.buttons & 32) });
    }
  });

  canvas.addEventListener("pointermove", (event) => {
    if (fingers.has(event.pointerId) && fingers.size === 2) return pinch(event);
    if (fingers.has(event.pointerId)) fingers.set(event.pointerId, event);
    if (event.pointerType !== "touch") showBrush(event);
    if (holder?.id !== event.pointerId) return;
    if (holder.does === "pan") return follow(event);
    const steps = event.getCoalescedEvents?.() ?? [];
    for (const step of steps.length ? steps : [event]) hand.move(view.spot(step), widthOf(step));
  });

  function follow(event) {
    view.pan(event.clientX - holder.from.clientX, event.clientY - holder.from.clientY);
    holder.from = event;
  }

  for (const kind of ["pointerup", "pointercancel"]) canvas.addEventListener(kind, (event) => letGo(event, kind));
  canvas.addEventListener("pointerleave", () => { hand.pointer = null; view.request(); });

  function letGo(event, kind) {
    fingers.delete(event.pointerId);
    if (pen === event.pointerId) pen = null;
    if (holder?.id === event.pointerId) {
      if (holder.does === "paint") hand[kind === "pointerup" ? "end" : "cancel"]();
      drop();
    }
    if (!fingers.size) pinched = false;
  }

  function drop() {
    holder = null;
    canvas.classList.remove("panning");
  }

  /** Whether this finger may paint. */
  function takeFinger(event) {
    if (pen !== null) return false;
    fingers.set(event.pointerId, event);
    if (fingers.size > 1) {
      pinched = true;
      hand.cancel();
      drop();
    }
    return !pinched;
  }

  function takePen(event) {
    pen = event.pointerId;
    fingers.clear();
    hand.cancel();
    drop();
  }

  function showBrush(event) {
    hand.pointer = view.spot(event);
    view.request();
  }

  function pinch(event) {
    const before = span([...fingers.values()]);
    fingers.set(event.pointerId, event);
    const after = span([...fingers.values()]);
    const box = canvas.getBoundingClientRect();
    view.pan(after.x - before.x, after.y - before.y);
    if (before.apart > 0) view.zoom(after.apart / before.apart, after.x - box.left, after.y - box.top);
  }
}

function span([one, other]) {
  const [dx, dy] = [one.clientX - other.clientX, one.clientY - other.clientY];
  return { x: (one.clientX + other.clientX) / 2, y: (one.clientY + other.clientY) / 2, apart: Math.hypot(dx, dy) };
}

/** A pen paints wider when it is pressed; everything else paints as wide as was chosen. */
function widthOf(event) {
  return event.pointerType === "pen" && event.pressure > 0 ? 0.35 + 0.9 * event.pressure : 1;
}
