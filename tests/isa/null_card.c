// A Vulkan layer that lets WebGPU open a card that is not there.
//
// RADV, Mesa's driver for AMD, compiles for any card that RADV_FORCE_FAMILY names, without the card. Its devices have no
// memory, and no queue runs anything. This layer adds what WebGPU asks of a device before it makes a pipeline: a heap of
// memory, and commands and semaphores that succeed and do nothing. Kernels compile; none of them runs.
#include <string.h>
#include <vulkan/vk_layer.h>
#include <vulkan/vulkan.h>

static PFN_vkGetInstanceProcAddr next_instance;
static PFN_vkGetDeviceProcAddr next_device;

static const VkDeviceSize heap = 16ull << 30;

static void memory(VkPhysicalDevice card, VkPhysicalDeviceMemoryProperties *out) {
  memset(out, 0, sizeof *out);
  out->memoryHeapCount = out->memoryTypeCount = 1;
  out->memoryHeaps[0] = (VkMemoryHeap){heap, VK_MEMORY_HEAP_DEVICE_LOCAL_BIT};
  out->memoryTypes[0].propertyFlags = VK_MEMORY_PROPERTY_DEVICE_LOCAL_BIT | VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT |
                                      VK_MEMORY_PROPERTY_HOST_COHERENT_BIT;
}

static void memory2(VkPhysicalDevice card, VkPhysicalDeviceMemoryProperties2 *out) {
  memory(card, &out->memoryProperties);
  for (VkBaseOutStructure *more = out->pNext; more; more = more->pNext) {
    if (more->sType != VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_MEMORY_BUDGET_PROPERTIES_EXT) continue;
    VkPhysicalDeviceMemoryBudgetPropertiesEXT *budget = (void *)more;
    memset(budget->heapUsage, 0, sizeof budget->heapUsage);
    budget->heapBudget[0] = heap;
  }
}

static void buffer_needs(VkDevice device, VkBuffer buffer, VkMemoryRequirements *out) {
  ((PFN_vkGetBufferMemoryRequirements)next_device(device, "vkGetBufferMemoryRequirements"))(device, buffer, out);
  out->memoryTypeBits = 1;
}

// Stands for every command: takes whatever it is given and succeeds.
static VkResult nothing(void) { return VK_SUCCESS; }

// Tells that all that was submitted is done.
static VkResult done(VkDevice device, VkSemaphore semaphore, uint64_t *value) {
  *value = 1ull << 60;
  return VK_SUCCESS;
}

static VkResult create_device(VkPhysicalDevice card, const VkDeviceCreateInfo *info,
                              const VkAllocationCallbacks *allocator, VkDevice *out) {
  VkLayerDeviceCreateInfo *link = (void *)info->pNext;
  while (link->sType != VK_STRUCTURE_TYPE_LOADER_DEVICE_CREATE_INFO || link->function != VK_LAYER_LINK_INFO)
    link = (void *)link->pNext;
  PFN_vkGetInstanceProcAddr next = link->u.pLayerInfo->pfnNextGetInstanceProcAddr;
  next_device = link->u.pLayerInfo->pfnNextGetDeviceProcAddr;
  link->u.pLayerInfo = link->u.pLayerInfo->pNext;
  return ((PFN_vkCreateDevice)next(NULL, "vkCreateDevice"))(card, info, allocator, out);
}

static VkResult create_instance(const VkInstanceCreateInfo *info, const VkAllocationCallbacks *allocator,
                                VkInstance *out) {
  VkLayerInstanceCreateInfo *link = (void *)info->pNext;
  while (link->sType != VK_STRUCTURE_TYPE_LOADER_INSTANCE_CREATE_INFO || link->function != VK_LAYER_LINK_INFO)
    link = (void *)link->pNext;
  next_instance = link->u.pLayerInfo->pfnNextGetInstanceProcAddr;
  link->u.pLayerInfo = link->u.pLayerInfo->pNext;
  return ((PFN_vkCreateInstance)next_instance(NULL, "vkCreateInstance"))(info, allocator, out);
}

static PFN_vkVoidFunction of_device(VkDevice device, const char *name) {
  if (!strcmp(name, "vkGetDeviceProcAddr")) return (PFN_vkVoidFunction)of_device;
  if (!strcmp(name, "vkGetBufferMemoryRequirements")) return (PFN_vkVoidFunction)buffer_needs;
  const char *idle[] = {"vkCmd", "vkBeginCommand", "vkEndCommand", "vkResetCommand", "vkQueueSubmit"};
  for (size_t i = 0; i < sizeof idle / sizeof *idle; i++)
    if (!strncmp(name, idle[i], strlen(idle[i]))) return (PFN_vkVoidFunction)nothing;
  if (!strncmp(name, "vkGetSemaphoreCounterValue", 26)) return (PFN_vkVoidFunction)done;
  if (strstr(name, "Semaphore")) return (PFN_vkVoidFunction)nothing;
  return next_device(device, name);
}

static PFN_vkVoidFunction of_instance(VkInstance instance, const char *name) {
  if (!strcmp(name, "vkGetInstanceProcAddr")) return (PFN_vkVoidFunction)of_instance;
  if (!strcmp(name, "vkGetDeviceProcAddr")) return (PFN_vkVoidFunction)of_device;
  if (!strcmp(name, "vkCreateInstance")) return (PFN_vkVoidFunction)create_instance;
  if (!strcmp(name, "vkCreateDevice")) return (PFN_vkVoidFunction)create_device;
  if (!strcmp(name, "vkGetPhysicalDeviceMemoryProperties")) return (PFN_vkVoidFunction)memory;
  if (!strncmp(name, "vkGetPhysicalDeviceMemoryProperties2", 36)) return (PFN_vkVoidFunction)memory2;
  return next_instance ? next_instance(instance, name) : NULL;
}

VkResult vkNegotiateLoaderLayerInterfaceVersion(VkNegotiateLayerInterface *version) {
  version->loaderLayerInterfaceVersion = 2;
  version->pfnGetInstanceProcAddr = of_instance;
  version->pfnGetDeviceProcAddr = of_device;
  return VK_SUCCESS;
}
