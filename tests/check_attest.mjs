// Works every message of build/tools/attest_dump out again with ethers: typed
// data, leaves, price words, rules, calldata, raw transactions, signatures.
// Ends with `N passed, N failed`; a mismatch names message and field.
// usage: node tests/check_attest.mjs [COUNT [SEED]]
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import {
  AbiCoder, Interface, Signature, Transaction, TypedDataEncoder, Wallet,
  concat, dataSlice, getAddress, hexlify, keccak256, toBeHex, toBigInt,
  toUtf8Bytes, verifyTypedData, zeroPadValue,
} from 'ethers';

const tool = `${process.env.O ?? 'build'}/tools/attest_dump`;
const count = process.argv[2] ?? '1000';
const seed = process.argv[3] ?? '20261120';
const max = 512 * 1024 * 1024;

let passed = 0;
let failed = 0;
function equal(where, what, ours, theirs) {
  if (ours === theirs) {
    passed++;
  } else if (++failed <= 20) {
    console.log(`${where}: ${what}\n  ours   ${ours}\n  ethers ${theirs}`);
  }
}

const abi = AbiCoder.defaultAbiCoder();
const fields = (text) => text.split(',').map((f) => {
  const [type, name] = f.trim().split(' ');
  return { type, name };
});
const types = {
  MarginAttestation: fields('bytes32 book,uint64 sequence,uint64 asOf,' +
    'uint64 validUntil,uint64 blockNumber,bytes32 blockHash,' +
    'bytes32 positionsRoot,bytes32 pricesHash,bytes32 verdictsRoot,' +
    'bytes32 rulesHash,bytes32 inputsHash,uint8 status,uint32 reason,' +
    'uint32 vaultCount,uint32 verdictCount,uint128 collateralValue,' +
    'uint128 debtValue'),
};
const verdict = fields('bytes32 vault,uint64 nonce,uint64 asOf,' +
  'uint64 blockNumber,uint8 state,uint8 method,uint128 collateralValue,' +
  'uint128 debtValue,uint128 healthLow,uint128 healthHigh,' +
  'int128 initialExcess,int128 maintenanceExcess,bytes32 liquidationAsset,' +
  'uint128 liquidationPrice,bytes32 debtAsset,uint128 maxRepay');
const position = fields(
  'bytes32 vault,uint64 nonce,uint64 blockNumber,bytes32 legsHash');
const attestation = `(${types.MarginAttestation
  .map((f) => `${f.type} ${f.name}`).join(',')})`;
const liquidation = '(address owner,uint256 index,address collateral,' +
  'address debt,uint256 repay,uint256 minSeize,address recipient)';
const clearing = new Interface([
  `function submit(${attestation} a,uint256 bitmap,bytes signatures)`,
  `function submitAndLiquidate(${attestation} a,uint256 bitmap,` +
    `bytes signatures,uint256[] words,${liquidation} l) ` +
    'returns (uint256,uint256)',
  'function vaultState(bytes32 vault) view returns (address owner,' +
    'uint256 index,uint64 nonce,uint64 liquidations,uint8 mode,' +
    'uint8[] collateralSlots,uint256[] collateralAmounts,' +
    'uint8[] debtSlots,uint256[] debtAmounts)',
  'function latest() view returns (bytes32 digest,uint64 sequence,' +
    'uint64 asOf,uint8 status,uint64 lastRefusal)',
  'function rulesHash() view returns (bytes32)',
  'function book() view returns (bytes32)',
  'function threshold() view returns (uint256)',
  'function signerTable() view returns (address[])',
]);

const encode = (spec, value) =>
  abi.encode(spec.map((f) => f.type), spec.map((f) => value[f.name]));
const leaf = (spec, value) => keccak256(keccak256(encode(spec, value)));
const ceil = (a, b) => (a + b - 1n) / b;
const min = (a, b) => (a < b ? a : b);
const word = (...parts) => concat(parts.map(([v, n]) => toBeHex(v, n)));
const chop = (hex, size) => Array.from(
  { length: (hex.length - 2) / 2 / size },
  (_, i) => dataSlice(hex, i * size, (i + 1) * size));

const PPB = 1000000000n;
function priceWord(p) {
  const [mid, low, high] = [p.mid, p.low, p.high].map(BigInt);
  const tail = [[p.status, 1], [min(BigInt(p.sources), 255n), 1],
    [p.reason, 2]];
  if (p.status === '2') {
    return word([0, 16], [min(ceil(high, PPB), 2n ** 96n - 1n), 12], ...tail);
  }
  return word([mid, 16], [ceil((mid - low) * PPB, mid), 4],
    [ceil((high - mid) * PPB, mid), 4], [p.age, 4], ...tail);
}

function checkPrice(where, p) {
  equal(where, 'price word', p.word, priceWord(p));
  const v = toBigInt(p.word);
  if (p.status === '2') {
    equal(where, 'refused high', BigInt(p.unpackedHigh),
      ((v >> 32n) & (2n ** 96n - 1n)) * PPB);
    return;
  }
  const mid = v >> 128n;
  const low = mid * (PPB - ((v >> 96n) & 0xffffffffn)) / PPB;
  const high = ceil(mid * (PPB + ((v >> 64n) & 0xffffffffn)), PPB);
  equal(where, 'low', BigInt(p.unpackedLow), low);
  equal(where, 'high', BigInt(p.unpackedHigh), high);
  equal(where, 'outward', true,
    low <= BigInt(p.low) && high >= BigInt(p.high));
}

function pricesHash(words) {
  const list = chop(words, 32);
  if (list.length <= 64) {
    return keccak256(words);
  }
  const chunks = [];
  for (let i = 0; i < list.length; i += 32) {
    chunks.push(keccak256(concat(list.slice(i, i + 32))));
  }
  return keccak256(concat(chunks));
}

function rulesBlob(r) {
  return concat([
    word([1, 1], [r.assets.length, 1], [r.modes, 1], [0, 29]),
    ...r.assets.map((a) => word([a.token, 20], [a.decimals, 1], [0, 11])),
    ...r.rows.map((w) => word([w.ltv, 4], [w.liquidationThreshold, 4],
      [w.bonus, 4], [w.closeFactor, 4], [w.debtWeight, 4], [w.factor, 1],
      [w.dust, 11])),
  ]);
}

function checkTyped(where, m) {
  const domain = { name: 'margind', version: '1', ...m.domain };
  delete domain._;
  equal(where, 'separator', m.separator, TypedDataEncoder.hashDomain(domain));
  equal(where, 'struct hash', m.structHash,
    TypedDataEncoder.hashStruct('MarginAttestation', types, m.attestation));
  const digest = TypedDataEncoder.hash(domain, types, m.attestation);
  equal(where, 'digest', m.digest, digest);
  equal(where, 'digest with separator', m.digestWith, digest);
  const signer = new Wallet(m.secret).address;
  equal(where, 'address', getAddress(m.signer), signer);
  equal(where, 'verifyTypedData of 65 bytes', signer,
    verifyTypedData(domain, types, m.attestation, m.rsv65));
  equal(where, 'EIP-2098', m.eip2098,
    Signature.from(m.rsv65).compactSerialized);
  // RFC 6979 leaves one signature: ethers must make the same bytes.
  equal(where, 'signature', m.rsv65,
    new Wallet(m.secret).signingKey.sign(digest).serialized);
}

function checkLeaves(where, m) {
  equal(where, 'verdict leaf', m.verdictLeaf, leaf(verdict, m.verdict));
  equal(where, 'legs hash', m.position.legsHash, keccak256(abi.encode(
    ['tuple(bytes32 asset,uint256 amount)[]',
      'tuple(bytes32 asset,uint256 amount)[]',
      'tuple(bytes32 instrument,int256 size,uint256 entry,int256 funding)[]'],
    [m.collateral, m.debt, m.positions])));
  equal(where, 'position leaf', m.positionLeaf, leaf(position, m.position));
  const { address, number, name, asset, vault, book } = m.ids;
  equal(where, 'asset id', asset,
    keccak256(abi.encode(['uint256', 'address'], [number, address])));
  equal(where, 'vault id', vault,
    keccak256(abi.encode(['address', 'uint256'], [address, number])));
  equal(where, 'book id', book, keccak256(toUtf8Bytes(name)));
}

function checkCalls(where, m) {
  const begin = [m.attestation, m.bitmap, m.signatures];
  equal(where, 'submit', m.submit,
    clearing.encodeFunctionData('submit', begin));
  equal(where, 'submitAndLiquidate', m.submitAndLiquidate,
    clearing.encodeFunctionData('submitAndLiquidate',
      [...begin, chop(m.words, 32), m.liquidation]));
  equal(where, 'vaultState', m.vaultState,
    clearing.encodeFunctionData('vaultState', [m.attestation.book]));
  for (const [name, data] of [['latest', m.latest],
    ['rulesHash', m.rulesHash], ['book', m.bookCall],
    ['threshold', m.threshold], ['signerTable', m.signerTable]]) {
    equal(where, name, data, clearing.encodeFunctionData(name));
  }
}

function checkTx(where, t, type) {
  const signature = Signature.from(
    { r: t.r, s: t.s, yParity: Number(t.recovery) });
  const tx = Transaction.from({
    type, nonce: Number(t.nonce), chainId: BigInt(t.chainId),
    gasLimit: BigInt(t.gasLimit), to: t.creates ? null : getAddress(t.to),
    value: BigInt(t.value), data: t.data,
    ...(type === 0 ? { gasPrice: BigInt(t.maxFee) } : {
      maxFeePerGas: BigInt(t.maxFee),
      maxPriorityFeePerGas: BigInt(t.priorityFee),
    }),
  });
  equal(where, 'sign hash', t.signHash, tx.unsignedHash);
  tx.signature = signature;
  equal(where, 'raw', t.raw, tx.serialized);
}

function checkMessage(line) {
  const m = JSON.parse(line);
  const where = `message ${m.index}`;
  checkTyped(where, m);
  checkLeaves(where, m);
  m.prices.forEach((p, i) => checkPrice(`${where} price ${i}`, p));
  equal(where, 'prices hash', m.pricesHash, pricesHash(m.words));
  equal(where, 'rules blob', m.rules.blob, rulesBlob(m.rules));
  equal(where, 'rules hash', m.rules.hash, keccak256(rulesBlob(m.rules)));
  checkCalls(where, m);
  checkTx(`${where} type 0`, m.tx0, 0);
  checkTx(`${where} type 2`, m.tx2, 2);
}

// A small generator of our own, so that a run can be repeated.
let state = BigInt(seed);
function random(bits) {
  let v = 0n;
  for (let i = 0; i < bits; i += 32) {
    state = (state * 6364136223846793005n + 1442695040888963407n) % 2n ** 64n;
    v = v << 32n | state >> 32n;
  }
  return v % 2n ** BigInt(bits);
}
const below = (n) => Number(random(32) % BigInt(n));
const address = () => zeroPadValue(toBeHex(random(160)), 20);

function side() {
  const slots = new Set();
  const n = below(17);
  while (slots.size < n) {
    slots.add(below(256));
  }
  return [...slots].sort((a, b) => a - b).map((slot) => [slot, random(1 + below(128))]);
}

// Answers that ethers encodes and C reads.
function answers(n) {
  const list = [];
  for (let i = 0; i < n; i++) {
    const [c, d] = [side(), side()];
    const head = [address(), random(64), random(64), random(64), random(8)];
    list.push(['vaultState', clearing.encodeFunctionResult('vaultState',
      [...head, c.map((l) => l[0]), c.map((l) => l[1]), d.map((l) => l[0]),
        d.map((l) => l[1])]), (got, where) => {
      equal(where, 'head', [got.owner, got.index, got.nonce,
        got.liquidations, got.mode].join(), head.join());
      equal(where, 'legs', [...got.collateral, ...got.debt]
        .map((l) => `${l.slot}:${l.amount}`).join(),
      [...c, ...d].map((l) => `${l[0]}:${l[1]}`).join());
      equal(where, 'sides', got.collateral.length, c.length);
    }]);
    const latest = [hexlify(toBeHex(random(256), 32)), random(64),
      random(64), BigInt(below(3)), random(64)];
    list.push(['latest', clearing.encodeFunctionResult('latest', latest),
      (got, where) => equal(where, 'fields', [got.digest, got.sequence,
        got.asOf, got.status, got.lastRefusal].join(), latest.join())]);
    const table = Array.from({ length: below(40) }, address);
    list.push(['signerTable',
      clearing.encodeFunctionResult('signerTable', [table]),
      (got, where) => equal(where, 'table', got.table, concat(table))]);
    const k = 1 + below(255);
    list.push(['threshold', clearing.encodeFunctionResult('threshold', [k]),
      (got, where) => equal(where, 'k', got.threshold, String(k))]);
  }
  return list;
}

function checkAnswers(n) {
  const list = answers(n);
  const out = execFileSync(tool, ['decode'], {
    input: list.map(([kind, hex]) => `${kind} ${hex}\n`).join(''),
    encoding: 'utf8', maxBuffer: max,
  }).trim().split('\n');
  equal('answers', 'lines', out.length, list.length);
  list.forEach(([kind, , check], i) => {
    const got = JSON.parse(out[i]);
    equal(`answer ${i} ${kind}`, 'error', got.error, '');
    if (got.error === '') {
      check(got, `answer ${i} ${kind}`);
    }
  });
}

// The calls above are what the contract publishes.
function checkPublished() {
  const published = new Interface(JSON.parse(
    readFileSync('contracts-abi/abi/MarginClearing.json', 'utf8')).abi);
  const outputs = (f) => f?.outputs.map((o) => o.format('sighash')).join();
  clearing.forEachFunction((f) => {
    const theirs = published.getFunction(f.selector);
    equal('published ABI', f.name, f.format('sighash'),
      theirs?.format('sighash'));
    if (f.stateMutability === 'view') {
      equal('published ABI', `${f.name} answers`, outputs(f),
        outputs(theirs));
    }
  });
}

checkPublished();
const lines = execFileSync(tool, [seed, count],
  { encoding: 'utf8', maxBuffer: max }).trim().split('\n');
equal('dump', 'messages', String(lines.length), count);
lines.forEach(checkMessage);
checkAnswers(200);
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 && passed > 0 ? 0 : 1);
