// The simulator's price rule (feeds/sim.h) once more, in BigInt: what a venue
// says of a symbol t milliseconds after the script's start.
const W = 10n ** 18n, M64 = (1n << 64n) - 1n;

export const dec = (text) => {
	const [i, f = ""] = text.split(".");
	return BigInt(i + f.padEnd(18, "0"));
};
const splitmix64 = (x) => {
	x = (x + 0x9e3779b97f4a7c15n) & M64;
	x = ((x ^ (x >> 30n)) * 0xbf58476d1ce4e5b9n) & M64;
	x = ((x ^ (x >> 27n)) * 0x94d049bb133111ebn) & M64;
	return x ^ (x >> 31n);
};
const fnv1a64 = (text) => {
	let h = 0xcbf29ce484222325n;
	for (const c of Buffer.from(text)) h = ((h ^ BigInt(c)) * 0x100000001b3n) & M64;
	return h;
};
const ms = (s) => BigInt(Math.round(s * 1000));

export function pricePath(script) {
	const events = script.events ?? [];
	function base(name, t) {
		if (name === "USD") return W;
		let p = dec(script.prices[name]);
		for (const e of events) {
			if (!e.move?.bases.includes(name)) continue;
			const at = ms(e.at), until = ms(e.until), factor = dec(e.move.factor);
			const f = t <= at ? W : t >= until ? factor
				: factor >= W ? W + (factor - W) * (t - at) / (until - at)
				: W - (W - factor) * (t - at) / (until - at);
			p = p * f / W;
		}
		return p;
	}
	// bid, ask, mark and index, each with 18 decimals; the symbol's digits.
	function book(venue, symbol, t) {
		const y = script.venues.find((v) => v.venue === venue).symbols[symbol];
		const slot = t / BigInt(script.tick_ms);
		const first = dec(script.prices[y.base]) * W / (y.quote === "USD" ? W : dec(script.prices[y.quote]));
		const digits = first >= 100n * W ? 2n : first >= W ? 5n : 8n;
		const unit = 10n ** (18n - digits);
		const key = splitmix64(BigInt(script.seed) ^ fnv1a64(`${venue}/${symbol}`));
		const r = splitmix64((key + slot) & M64) % 2000001n - 1000000n;
		const one = W * 1000000n;
		const index = base(y.base, t) * W / base(y.quote, t);
		let p = index * (one + dec(script.noise) * r) / one;
		for (const e of events)
			if (e.lie?.venue === venue && e.lie.bases.includes(y.base) && t >= ms(e.at) && t < ms(e.until))
				p = p * dec(e.lie.factor) / W;
		const half = dec(script.spread) / 2n;
		const bid = p * (W - half) / W, ask = p * (W + half) / W;
		return {
			bid: bid - bid % unit, ask: ask % unit ? ask + unit - ask % unit : ask,
			mark: p - p % unit, index: index - index % unit, digits,
		};
	}
	return { base, book };
}
