// Where the phone is: shared while a run is on and its driver wants it, and the reason why nothing is tapped while moving.
import { post } from "./field-sync.js";

const EVERY_MS = 20_000;
const FRESH_MS = 120_000;
const DRIVING_M_PER_S = 3;
const STILL_AFTER_MS = 15_000;
const ONE_LOOK = { enableHighAccuracy: true, timeout: 4000, maximumAge: 30_000 };

export class Whereabouts {
  constructor({ address, clock, token, moved }) {
    Object.assign(this, { address, clock, token, moved });
    this.sentAt = 0;
    this.isMoving = false;
  }

  follow(state) {
    const isWanted = state.kind === "driver" && state.shares === "1" && state.underWay === "1";
    if (isWanted && this.watch === undefined && "geolocation" in navigator) {
      this.watch = navigator.geolocation.watchPosition((spot) => this.#seen(spot), () => {}, { enableHighAccuracy: true });
    }
    if (!isWanted && this.watch !== undefined) {
      navigator.geolocation.clearWatch(this.watch);
      this.watch = undefined;
      this.#moving(false);
    }
  }

  get known() {
    return this.last && Date.now() - this.last.at < FRESH_MS ? this.last.place : null;
  }

  look() {
    if (!("geolocation" in navigator)) return Promise.resolve(null);
    return new Promise((resolve) => {
      navigator.geolocation.getCurrentPosition((spot) => resolve(place(spot)), () => resolve(null), ONE_LOOK);
    });
  }

  #seen(spot) {
    this.last = { at: Date.now(), place: place(spot) };
    this.#moving((spot.coords.speed ?? 0) > DRIVING_M_PER_S);
    if (Date.now() - this.sentAt < EVERY_MS) return;
    this.sentAt = Date.now();
    const { latitude, longitude } = this.last.place;
    post(this.address, { spots: [{ at: this.clock().toISOString(), latitude, longitude }] }, this.token());
  }

  #moving(isMoving) {
    clearTimeout(this.stillTimer);
    // A phone that hears no more satellites must not keep a standing driver from tapping.
    if (isMoving) this.stillTimer = setTimeout(() => this.#moving(false), STILL_AFTER_MS);
    if (isMoving === this.isMoving) return;
    this.isMoving = isMoving;
    this.moved(isMoving);
  }
}

function place({ coords }) {
  return { latitude: coords.latitude, longitude: coords.longitude, accuracy_m: Math.round(coords.accuracy ?? 0) };
}
