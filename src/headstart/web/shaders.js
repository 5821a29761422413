"use strict";
// What operations.js does, for a graphics card (WGSL). Values lie as they do there: place by place, the channels of a place
// side by side. gpu.js fills in the uniforms, and says how many workgroups there are.

const SHADERS = /* wgsl */ `
struct Uniforms {
  channels: i32, height: i32, width: i32, // of the input
  outputs: i32, down: i32, across: i32,   // of the output
  kernel: vec2i, strides: vec2i, dilations: vec2i, before: vec2i, // down and across
  reaches: vec2i, // of two values, of REACHES
  groups: i32,
  way: i32,     // which pooling, which pair
  first: i32,   // the channel of the output from which on it is written
  act: i32, low: f32, high: f32,          // of ACTS, and the bounds of a clamp
  value: f32,   // what a map is padded with
}
@group(0) @binding(0) var<uniform> uniforms: Uniforms;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read> y: array<f32>; // weights, scales, or a second value
@group(0) @binding(3) var<storage, read> z: array<f32>; // biases or shifts
@group(0) @binding(4) var<storage, read_write> out: array<f32>;

// ---- what a value goes through at last ----

// exp() of what 32 bits can hold.
fn exponential(v: f32) -> f32 { return exp(clamp(v, -87.0, 88.0)); }

fn activated(v: f32) -> f32 {
  switch uniforms.act {
    case 1: { return max(v, 0.0); }
    case 2: { return clamp(v, uniforms.low, uniforms.high); }
    case 3: { return 1.0 / (1.0 + exponential(-v)); }
    case 4: { return v / (1.0 + exponential(-v)); }
    case 5: { return clamp((v + 3.0) / 6.0, 0.0, 1.0); }
    case 6: { return v * clamp((v + 3.0) / 6.0, 0.0, 1.0); }
    case 7: { return 1.0 - 2.0 / (1.0 + exponential(2.0 * v)); }
    case 8: { return sqrt(v); }
    default: { return v; }
  }
}

fn put(at: i32, v: f32) { out[at] = activated(v); }

fn count() -> i32 { return uniforms.outputs * uniforms.down * uniforms.across; }

// ---- products ----

const TILE = 32; // places by outputs that a workgroup makes; each of its 64 threads makes four by four
const DEEP = 16; // numbers of each that are held at a time
const NEXT = 33; // from one number of a place to its next: one more than a tile, so that threads write to different banks
var<workgroup> seen: array<f32, 528>;
var<workgroup> weights: array<f32, 528>;

// Number k of what a group's convolution sees at a place: zero beyond the edge.
fn window(place: i32, k: i32, channel: i32, each: i32) -> f32 {
  let tap = k / each;
  let corner = vec2i(place / uniforms.across, place % uniforms.across) * uniforms.strides - uniforms.before;
  let at = corner + vec2i(tap / uniforms.kernel[1], tap % uniforms.kernel[1]) * uniforms.dilations;
  if (any(at < vec2i(0)) || any(at >= vec2i(uniforms.height, uniforms.width))) { return 0.0; }
  return x[(at[0] * uniforms.width + at[1]) * uniforms.channels + channel + k % each];
}

@compute @workgroup_size(8, 8)
fn convolution(@builtin(workgroup_id) tile: vec3u, @builtin(local_invocation_id) own: vec3u, @builtin(local_invocation_index) index: u32) {
  let each = uniforms.channels / uniforms.groups;
  let made = uniforms.outputs / uniforms.groups;
  let depth = each * uniforms.kernel[0] * uniforms.kernel[1];
  let places = uniforms.down * uniforms.across;
  let place = i32(tile.y) * TILE;
  let output = i32(tile.x) * TILE;
  let group = i32(tile.z);
  let row = 4 * i32(own.y);
  let column = 4 * i32(own.x);
  var first = vec4f();
  var second = vec4f();
  var third = vec4f();
  var fourth = vec4f();
  for (var deep = 0; deep < depth; deep += DEEP) {
    for (var e = i32(index); e < TILE * DEEP; e += 64) {
      let r = e / DEEP;
      let k = deep + e % DEEP;
      let to = (e % DEEP) * NEXT + r;
      seen[to] = 0.0;
      weights[to] = 0.0;
      if (k < depth && place + r < places) { seen[to] = window(place + r, k, group * each, each); }
      if (k < depth && output + r < made) { weights[to] = y[(group * made + output + r) * depth + k]; }
    }
    workgroupBarrier();
    for (var k = 0; k < NEXT * DEEP; k += NEXT) {
      let w = vec4f(weights[k + column], weights[k + column + 1], weights[k + column + 2], weights[k + column + 3]);
      first += seen[k + row] * w;
      second += seen[k + row + 1] * w;
      third += seen[k + row + 2] * w;
      fourth += seen[k + row + 3] * w;
    }
    workgroupBarrier();
  }
  let at = group * made + output + column;
  put_four(first, place + row, at, made - output - column);
  put_four(second, place + row + 1, at, made - output - column);
  put_four(third, place + row + 2, at, made - output - column);
  put_four(fourth, place + row + 3, at, made - output - column);
}

// Four outputs of a place, of which only so many are there.
fn put_four(sums: vec4f, place: i32, output: i32, there: i32) {
  if (place >= uniforms.down * uniforms.across) { return; }
  for (var j = 0; j < min(4, there); j++) { put(place * uniforms.outputs + output + j, sums[j] + z[output + j]); }
}

var<workgroup> parts: array<f32, 256>;

// One place: a workgroup for each output.
@compute @workgroup_size(256)
fn linear(@builtin(workgroup_id) id: vec3u, @builtin(local_invocation_index) index: u32) {
  let n = i32(id.x);
  let own = i32(index);
  var sum = 0.0;
  for (var k = own; k < uniforms.channels; k += 256) { sum += x[k] * y[n * uniforms.channels + k]; }
  parts[own] = sum;
  for (var half = 128; half > 0; half /= 2) {
    workgroupBarrier();
    if (own < half) { parts[own] += parts[own + half]; }
  }
  if (own == 0) { put(n, parts[0] + z[n]); }
}

@compute @workgroup_size(256)
fn depthwise(@builtin(global_invocation_id) id: vec3u) {
  let i = i32(id.x);
  if (i >= count()) { return; }
  let c = i % uniforms.channels;
  let place = i / uniforms.channels;
  let corner = vec2i(place / uniforms.across, place % uniforms.across) * uniforms.strides - uniforms.before;
  var sum = z[c];
  for (var ky = 0; ky < uniforms.kernel[0]; ky++) {
    let row = corner[0] + ky * uniforms.dilations[0];
    if (row < 0 || row >= uniforms.height) { continue; }
    for (var kx = 0; kx < uniforms.kernel[1]; kx++) {
      let column = corner[1] + kx * uniforms.dilations[1];
      if (column < 0 || column >= uniforms.width) { continue; }
      sum += x[(row * uniforms.width + column) * uniforms.channels + c] * y[(ky * uniforms.kernel[1] + kx) * uniforms.channels + c];
    }
  }
  put(i, sum);
}

// ---- means and the largest ----

// The first and the last of a share of a side, where it is divided into so many that may overlap.
fn share(i: i32, side: i32, made: i32) -> vec2i { return vec2i(i * side / made, ((i + 1) * side + made - 1) / made); }

// way: 0 the largest, 1 the mean, 2 the mean with zeros beyond the edge, 3 the mean of shares.
@compute @workgroup_size(256)
fn pool(@builtin(global_invocation_id) id: vec3u) {
  let i = i32(id.x);
  if (i >= count()) { return; }
  let c = i % uniforms.channels;
  let place = vec2i(i / uniforms.channels / uniforms.across, i / uniforms.channels % uniforms.across);
  var corner = place * uniforms.strides - uniforms.before;
  var kernel = uniforms.kernel;
  if (uniforms.way == 3) {
    let rows = share(place[0], uniforms.height, uniforms.down);
    let columns = share(place[1], uniforms.width, uniforms.across);
    corner = vec2i(rows[0], columns[0]);
    kernel = vec2i(rows[1], columns[1]) - corner;
  }
  var most = -3.4028234e38;
  var sum = 0.0;
  var inside = 0;
  for (var ky = 0; ky < kernel[0]; ky++) {
    let row = corner[0] + ky * uniforms.dilations[0];
    if (row < 0 || row >= uniforms.height) { continue; }
    for (var kx = 0; kx < kernel[1]; kx++) {
      let column = corner[1] + kx * uniforms.dilations[1];
      if (column < 0 || column >= uniforms.width) { continue; }
      let v = x[(row * uniforms.width + column) * uniforms.channels + c];
      most = max(most, v);
      sum += v;
      inside++;
    }
  }
  let among = select(inside, kernel[0] * kernel[1], uniforms.way == 2);
  put(i, select(sum / f32(among), most, uniforms.way == 0));
}

// Over all places: a workgroup has 16 channels, and 16 threads for each.
@compute @workgroup_size(16, 16)
fn mean(@builtin(workgroup_id) id: vec3u, @builtin(local_invocation_id) own: vec3u) {
  let places = uniforms.height * uniforms.width;
  let c = i32(16 * id.x + own.x);
  let at = own.x + 16 * own.y;
  var sum = 0.0;
  if (c < uniforms.channels) {
    for (var p = i32(own.y); p < places; p += 16) { sum += x[p * uniforms.channels + c]; }
  }
  parts[at] = sum;
  for (var half = 128u; half >= 16; half /= 2) {
    workgroupBarrier();
    if (at < half) { parts[at] += parts[at + half]; }
  }
  if (at < 16 && c < uniforms.channels) { put(c, parts[at] / f32(places)); }
}

// ---- number by number ----

@compute @workgroup_size(256)
fn copy(@builtin(global_invocation_id) id: vec3u) {
  let i = i32(id.x);
  if (i < count()) { put(i, x[i]); }
}

@compute @workgroup_size(256)
fn affine(@builtin(global_invocation_id) id: vec3u) {
  let i = i32(id.x);
  if (i < count()) { put(i, x[i] * y[i % uniforms.outputs] + z[i % uniforms.outputs]); }
}

fn reached(i: i32, reach: i32) -> i32 {
  switch reach {
    case 0: { return i; }
    case 1: { return i % uniforms.outputs; }
    case 2: { return i / uniforms.outputs; }
    default: { return 0; }
  }
}

@compute @workgroup_size(256)
fn pair(@builtin(global_invocation_id) id: vec3u) {
  let i = i32(id.x);
  if (i >= count()) { return; }
  let a = x[reached(i, uniforms.reaches[0])];
  let b = y[reached(i, uniforms.reaches[1])];
  switch uniforms.way {
    case 0: { put(i, a + b); }
    case 1: { put(i, a - b); }
    case 2: { put(i, a * b); }
    case 3: { put(i, a / b); }
    default: { put(i, (a - b) * (a - b)); }
  }
}

// One of the inputs that stand side by side in the output.
@compute @workgroup_size(256)
fn concat(@builtin(global_invocation_id) id: vec3u) {
  let i = i32(id.x);
  if (i >= uniforms.channels * uniforms.height * uniforms.width) { return; }
  put(i / uniforms.channels * uniforms.outputs + uniforms.first + i % uniforms.channels, x[i]);
}

// A map as a vector: channel by channel.
@compute @workgroup_size(256)
fn flatten(@builtin(global_invocation_id) id: vec3u) {
  let i = i32(id.x);
  let places = uniforms.height * uniforms.width;
  if (i < uniforms.channels * places) { put(i % uniforms.channels * places + i / uniforms.channels, x[i]); }
}

@compute @workgroup_size(256)
fn pad(@builtin(global_invocation_id) id: vec3u) {
  let i = i32(id.x);
  if (i >= count()) { return; }
  let place = i / uniforms.channels;
  let at = vec2i(place / uniforms.across, place % uniforms.across) - uniforms.before;
  let beyond = any(at < vec2i(0)) || any(at >= vec2i(uniforms.height, uniforms.width));
  let source = (at[0] * uniforms.width + at[1]) * uniforms.channels + i % uniforms.channels;
  put(i, select(x[select(source, 0, beyond)], uniforms.value, beyond));
}
`;
