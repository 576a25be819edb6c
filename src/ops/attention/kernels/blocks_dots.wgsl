// {sum}: products of {own} rows with {walk} others, each number the sum over the head in its order; lane (ty, tx) has 4 x 4 of them.
// Four vec4s of every row at a time are in workgroup memory, a line of the slab for each. Indices: f and g (rows that a lane
// fetches of either side), i and j (rows of the lane), s (lines), c (components).
#for i: var {sum}{i} = vec4<f32>();
for (var at = 0u; at < {N}u; at += 4u) {
  #for f: let own{f} = #inHead({ownFetch});
  #for g: let other{g} = #inHead({walkFetch});
  workgroupBarrier();
  #for f: slab[lane % 4u].{ownSide}[lane / {ownLanes}u + {ownLine}u][lane / 4u % {down}u] = own{f};
  #for g: slab[lane % 4u].{walkSide}[lane / {walkLanes}u + {walkLine}u][lane / 4u % {across}u] = other{g};
  workgroupBarrier();
  #for s
    #for i: let a{s}_{i} = slab[{s}].{ownSide}[{i}][ty];
    #for j
      let b{s}_{j} = slab[{s}].{walkSide}[{j}][tx];
      #for c, i: {sum}{i}.{part} += a{s}_{i}.{c} * b{s}_{j}.{c};
    #end
  #end
}
