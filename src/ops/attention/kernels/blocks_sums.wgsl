// {sum}: adds to each row of the lane the weighted rows of the block, a slab of {depth} rows after another. A lane sums the vec4s
// tx, tx + {across} ... of its rows. Indices: f (fetches of a lane), k (eight rows of a slab), i (rows of the lane), n (its vec4s).
for (var first = 0u; first < {walk}u; first += {depth}u) {
  #for f: let fetched{f} = {fetch};
  workgroupBarrier();
  #for f: #guarded({f}, slab[lane / 64u + {line}u].wide[lane / 16u % 4u][lane % 16u] = fetched{f};)
  workgroupBarrier();
  for (var row = 0u; row < {depth}u; row += 8u) {
    #for k
      let weight_{k} = weights[(first + row) / 8u][{k}][ty];
      #for n: let row_{k}_{n} = #rowAt({k}, {n});
      #for i, n: {sum}{i}_{n} += weight_{k}.{part} * row_{k}_{n};
    #end
  }
}
